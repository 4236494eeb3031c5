# Everything is in ./run; these names are for people who like make.
.PHONY: run cluster test check chaos bench pictures sbom audit lock clean

# A kill of make itself ends the site too.
run:
	@./run serve --until-parent-ends

cluster:
	@./run cluster --until-parent-ends

test check chaos bench pictures sbom audit lock:
	@./run $@

# Removes all that was made, the database of the invented people and its keys included.
clean:
	rm -rf .venv node_modules var
