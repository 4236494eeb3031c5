"""The staff: one person for each role, each with an authenticator app."""

from demo.people.person import Name, ReadyAccount, Staff

PEOPLE = (
    Staff(
        "Takes calls, finds accounts, helps people who are stuck, unlocks accounts and sends codes again.",
        Name("Maya", "Thornton"),
        "maya.thornton@example.org",
        ReadyAccount("agent.maya", "river-candle-orbit-74", role="Service center agent"),
    ),
    Staff(
        "Does what an agent does, and whatever needs a second pair of eyes.",
        Name("Curtis", "Bell"),
        "curtis.bell@example.org",
        ReadyAccount("supervisor.curtis", "marble-falcon-dune-26", role="Supervisor"),
    ),
    Staff(
        "The second supervisor: staff accounts, and help for people who are locked out, take both.",
        Name("Yolanda", "Pierce"),
        "yolanda.pierce@example.org",
        ReadyAccount("supervisor.yolanda", "velvet-acorn-tide-42", role="Supervisor"),
    ),
    Staff(
        "Decides cases in which DEERS and what was typed do not agree.",
        Name("Ingrid", "Solberg"),
        "ingrid.solberg@example.org",
        ReadyAccount("reviewer.ingrid", "saddle-cobalt-mist-93", role="Proofing reviewer"),
    ),
    Staff(
        "The second reviewer: for Premium, he confirms what Ingrid proposes or sends it back, and she does the same.",
        Name("Rafael", "Okafor"),
        "rafael.okafor@example.org",
        ReadyAccount("reviewer.rafael", "timber-saffron-quay-58", role="Proofing reviewer"),
    ),
    Staff(
        "Reads everything that was done, and can change nothing.",
        Name("Amos", "Whitley"),
        "amos.whitley@example.org",
        ReadyAccount("auditor.amos", "lantern-pebble-frost-17", role="Auditor"),
    ),
    Staff(
        "Sees which jobs failed and which emails are not out, runs a job again, and sees nothing of people.",
        Name("Gloria", "Winslow"),
        "gloria.winslow@example.org",
        ReadyAccount("operator.gloria", "granite-lemon-harbor-36", role="Operator"),
    ),
    Staff(
        "Prints and mails the letters, and sees nothing else of people.",
        Name("Leonard", "Fisk"),
        "leonard.fisk@example.org",
        ReadyAccount("printer.leonard", "copper-willow-stamp-81", role="Print room"),
    ),
    Staff(
        "A nurse who answers the secure messages of her patients.",
        Name("Teresa", "Quill"),
        "teresa.quill@example.org",
        ReadyAccount("nurse.teresa", "meadow-silver-anchor-65", role="Care team"),
    ),
    Staff(
        "A pharmacist who answers requests for refills and renewals.",
        Name("Omar", "Haddix"),
        "omar.haddix@example.org",
        ReadyAccount("pharmacist.omar", "juniper-copper-lake-29", role="Pharmacy"),
    ),
    Staff(
        "A pharmacist of the same clinic, to whom the nurse can hand over what is about medications.",
        Name("Dominic", "Hale"),
        "dominic.hale@example.org",
        ReadyAccount("pharmacist.dominic", "harvest-amber-ledge-39", role="Care team"),
    ),
    Staff(
        "Plans the visits of one clinic: answers requests for appointments, and reads what people say before a visit.",
        Name("Priya", "Nandakumar"),
        "priya.nandakumar@example.org",
        ReadyAccount("scheduler.priya", "cobalt-lantern-meadow-47", role="Scheduling"),
    ),
    Staff(
        "Writes what everybody reads: notices of outages and changes. Reads what people say about the help articles.",
        Name("Imani", "Castellane"),
        "imani.castellane@example.org",
        ReadyAccount("editor.imani", "walnut-ribbon-harbor-38", role="Editor"),
    ),
    Staff(
        "Plans the visits of all the other clinics.",
        Name("Walter", "Emmerich"),
        "walter.emmerich@example.org",
        ReadyAccount("scheduler.walter", "pepper-canyon-violet-53", role="Scheduling"),
    ),
)
