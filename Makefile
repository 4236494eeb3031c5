# Everything is in ./run; these names are for people who like make.
.PHONY: run test check bench pictures lock clean

# A kill of make itself ends the site too.
run:
	@./run serve --until-parent-ends

test check bench pictures lock:
	@./run $@

# Removes all that was made, the database of the invented people and its keys included.
clean:
	rm -rf .venv node_modules var
