"""Common English short names, and the names they stand for."""

TABLE = """
abby abigail | al albert alan alfred alvin | alex alexander alexandra alexis | andy andrew anderson
angie angela | annie ann anna anne | art arthur | barb barbara | becky rebecca | ben benjamin benedict
bernie bernard bernadette | bert albert herbert robert | beth elizabeth bethany | betsy elizabeth
betty elizabeth | bill william | billy william | bob robert | bobby robert | brad bradley | cal calvin
cathy catherine kathleen | charlie charles charlotte | chip charles | chris christopher christine christina
christy christine christina | chuck charles | cindy cynthia lucinda | clint clinton | connie constance
curt curtis | dan daniel | danny daniel | dave david | deb deborah debra | debbie deborah debra
dee deborah deirdre | dick richard | dolly dorothy | don donald | donnie donald | dot dorothy | dottie dorothy
doug douglas | drew andrew | ed edward edwin edgar edmund | eddie edward edwin | ellie eleanor elena
fran frances francis | frank francis franklin | fred frederick alfred | gabe gabriel | gail abigail
gene eugene | gerry gerald gerard | ginny virginia | greg gregory | gus augustus august | hal harold henry
hank henry | harry harold henry | ike isaac dwight | izzy isabel isabella | jack john jackson | jake jacob
jamie james | jan janet janice | jeff jeffrey | jen jennifer | jenny jennifer | jerry gerald jerome
jess jessica jesse | jessie jessica | jill gillian | jim james | jimmy james | joe joseph | joey joseph
johnny john | jon jonathan | josh joshua | judy judith | kate katherine catherine
kathy katherine kathleen catherine | katie katherine kathleen catherine | ken kenneth | kenny kenneth
kim kimberly | kit christopher katherine | larry lawrence laurence | len leonard | lenny leonard
leo leonard leonardo | lew lewis louis | libby elizabeth | lisa elizabeth | liz elizabeth | lizzie elizabeth
lou louis louise | maddie madeline madison | maggie margaret | mandy amanda | manny manuel emmanuel
marge margaret marjorie | marty martin | matt matthew | meg margaret megan | mel melvin melissa | mick michael
mickey michael | mike michael | milly mildred | mindy melinda | mitch mitchell | molly mary | nan nancy
nate nathan nathaniel | ned edward | nell eleanor helen | nick nicholas | nicky nicholas nicole
nora eleanor honora | norm norman | pam pamela | pat patrick patricia | patty patricia | peg margaret
peggy margaret | penny penelope | pepe jose | pete peter | phil philip phillip | polly mary
randy randall randolph | ray raymond | reggie reginald | rich richard | richie richard
rick richard frederick eric | ricky richard | rob robert | robbie robert | rod rodney roderick | ron ronald
ronnie ronald veronica | rosie rose rosemary | russ russell | ruthie ruth | sally sarah | sal salvatore
sam samuel samantha | sandy alexander alexandra sandra | shelly michelle rochelle | skip charles
stan stanley | steve steven stephen | sue susan suzanne | susie susan | tammy tamara | ted theodore edward
teddy theodore | teri theresa | terry terrence theresa teresa | tess theresa teresa | tim timothy
timmy timothy | tina christina | toby tobias | tom thomas | tommy thomas | tony anthony antonio
trish patricia | trudy gertrude | val valerie valentine | vicky victoria | vince vincent | vinny vincent
wally walter wallace | walt walter | wes wesley | will william | willie william | woody woodrow | zach zachary
zack zachary
"""
ENTRIES = [entry.split() for entry in TABLE.replace("\n", "|").split("|") if entry.strip()]
LONG_NAMES = {short: frozenset(long) for short, *long in ENTRIES}


def share_a_name(a: str, b: str) -> bool:
    """Return whether one is short for the other, or both are short for the same name (Bill, William, Will)."""
    return not (LONG_NAMES.get(a, frozenset()) | {a}).isdisjoint(LONG_NAMES.get(b, frozenset()) | {b})
