"""The words that invented people are made of: names by background and generation, towns and streets."""

from typing import NamedTuple


class Names(NamedTuple):
    """The names of one background.

    `share` is its share of 100 households. `older` and `younger` are the given names of people born before 1970 and
    since, by sex.
    """

    share: int
    older: dict[str, list[str]]
    younger: dict[str, list[str]]
    surnames: list[str]


def background(share: int, older_f: str, older_m: str, younger_f: str, younger_m: str, surnames: str) -> Names:
    """Return names from space-separated lists. An underscore stands for a space within a surname."""
    older = {"F": older_f.split(), "M": older_m.split()}
    younger = {"F": younger_f.split(), "M": younger_m.split()}
    return Names(share, older, younger, [name.replace("_", " ") for name in surnames.split()])


BACKGROUNDS = [
    # British, Irish, German, Scandinavian and African American
    background(
        64,
        """Barbara Betty Beverly Bonnie Brenda Carol Carolyn Catherine Cheryl Cynthia Deborah Diane Donna Dorothy
        Eleanor Elaine Evelyn Frances Gladys Gloria Helen Irene Jacqueline Janet Janice Jean Joan Joyce Judith Judy
        June Karen Kathleen Linda Lois Loretta Margaret Marian Marilyn Martha Mildred Nancy Norma Pamela Patricia
        Peggy Phyllis Rosemary Ruth Sandra Sharon Shirley Susan Sylvia Thelma Vernell Virginia Wanda Wilma""",
        """Albert Alvin Arthur Bernard Calvin Carl Charles Clarence Clifford Curtis Dale Daniel Dennis Donald Douglas
        Earl Edward Ernest Eugene Floyd Francis Frank Frederick Gary George Gerald Glenn Gordon Harold Harvey Henry
        Herbert Howard James Jerome John Joseph Kenneth Larry Lawrence Leonard Leroy Lloyd Marvin Melvin Norman
        Otis Paul Ralph Raymond Richard Robert Roger Ronald Roy Russell Stanley Theodore Thomas Vernon Walter Wayne
        William""",
        """Aaliyah Abigail Alexis Alyssa Amanda Amber Ashley Ava Brianna Brittany Brooke Caitlin Charlotte Chloe
        Courtney Danielle Ebony Elizabeth Emily Emma Erin Faith Grace Hailey Hannah Imani Jasmine Jennifer Jessica
        Jordan Kayla Keisha Kelly Kiara Lauren Leah Lily Madison Megan Melissa Mia Michelle Morgan Naomi Natalie
        Nicole Olivia Rachel Rebecca Samantha Sarah Shanice Sophia Stephanie Sydney Taylor Tiana Tiffany Victoria
        Zoe""",
        """Aaron Adam Alexander Andre Andrew Anthony Austin Benjamin Brandon Brian Caleb Cameron Christopher Cody
        Connor Darius David DeShawn Dylan Elijah Eric Ethan Evan Gabriel Hunter Isaac Isaiah Jacob Jamal Jared
        Jason Jayden Jeremiah Jeremy Jonathan Joshua Justin Kevin Kyle Liam Logan Lucas Malik Marcus Mason Matthew
        Michael Mitchell Nathaniel Nicholas Noah Owen Patrick Ryan Samuel Sean Stephen Terrell Timothy Travis
        Trevor Tyler Xavier Zachary""",
        """Abbott Adkins Alston Anderson Armstrong Atwood Bailey Baldwin Banks Barnes Beck Bennett Blackwell Booker
        Bowman Bradley Brennan Brooks Bryant Buchanan Burke Caldwell Callahan Carlson Carter Chandler Coleman
        Collier Conrad Crawford Cunningham D'Angelo Dalton Davenport Dawson Decker Donovan Douglas Drake Duncan
        Eaton Ellis Erickson Fairchild Ferguson Fisher Fitzgerald Fleming Fletcher Foster Franklin Freeman Gaines
        Gallagher Gibbs Goodwin Graham Grant Greene Griffin Hampton Hansen Harper Harrington Hawkins Hayes
        Henderson Hicks Holloway Hubbard Hughes Ingram Jackson Jefferson Jennings Johnson Jordan Keller Kennedy
        Kessler Kowalski Lambert Larson Lawson Lindqvist Lowe MacDonald Marshall Mason Maxwell McBride McCarthy
        McKinney Mercer Meyer Mitchell Monroe Morrison Murray Nash Nelson Newton Nolan Norris O'Brien O'Connor
        O'Neill Olson Osborne Palmer Parker Patterson Pearson Perkins Petersen Pierce Porter Powell Quinn Ramsey
        Randolph Reynolds Rhodes Richardson Robinson Rossi Russell Sanders Schmidt Schneider Sawyer Sheppard
        Simmons Skinner Sloan Snyder Spencer St._Clair Stanton Stevenson Stokes Sullivan Sutton Sørensen Tate
        Thompson Thornton Tucker Underwood Van_Buren Vance Vaughn Wagner Walker Wallace Walsh Washington Watkins
        Webster Weiss Wheeler Whitaker Whitfield Wilkins Williams Winters Woodard Wright Yates York Young Zimmerman""",
    ),
    # Latin American
    background(
        18,
        """Alicia Ana Aurora Carmen Concepción Dolores Elena Esperanza Gloria Graciela Guadalupe Irma Josefina Juana
        Leticia Luz Margarita María Mercedes Ofelia Olga Raquel Rosa Socorro Teresa Yolanda""",
        """Alberto Alfonso Alfredo Antonio Arturo Carlos Domingo Enrique Ernesto Fernando Francisco Guillermo Héctor
        Hugo Ignacio Jesús José Juan Julio Luis Manuel Miguel Pedro Ramón Raúl Rubén Salvador Víctor""",
        """Adriana Alejandra Ana Andrea Brenda Camila Daniela Gabriela Isabel Jacqueline Karina Lucía Mariana Maribel
        Marisol Natalia Paola Sofía Valeria Vanessa Ximena Yesenia""",
        """Adrián Alejandro Andrés Ángel César Cristian Daniel Diego Eduardo Emilio Esteban Gabriel Iván Javier
        Joaquín Jorge Leonardo Marco Mateo Nicolás Óscar Rafael Rodrigo Santiago Sergio""",
        """Acevedo Aguilar Álvarez Ayala Benítez Cabrera Calderón Camacho Campos Cárdenas Castañeda Cordero Cortez
        De_La_Cruz De_León Delgado Domínguez Escobar Espinoza Estrada Figueroa Fuentes Galindo García Guerrero
        Gutiérrez Herrera Ibarra Jiménez Juárez Lozano Maldonado Marín Medina Mejía Montoya Muñoz Navarro Núñez
        Ochoa Orozco Pacheco Peña Quintero Ramírez Rangel Ríos Rivera Rosario Salazar Sandoval Sepúlveda Solís Soto
        Treviño Valdez Vega Villarreal Zamora Zúñiga""",
    ),
    # East and Southeast Asian, Indian
    background(
        9,
        """Anh Corazon Erlinda Hana Hue Imelda Kazuko Kim Lan Lourdes Ludivina Mei Myung Rosalinda Soon Sumi Teresita
        Yoko""",
        """Bao Benigno Chang Danilo Duc Eduardo Hiroshi Hung Jae Kenji Long Minh Reynaldo Rodolfo Romeo Sang Takeshi
        Tuan Wen""",
        """Angela Bianca Christine Grace Hana Jenny Kaitlyn Linh Mai Michelle Mina Nina Patricia Priya Sakura Thuy Vy
        Yuna""",
        """Aiden Alvin Anthony Bryan Daniel Derek Duy Eric Ethan Jason Joshua Kenny Khoa Kevin Ryan Raj Steven Tommy
        Vincent""",
        """Aquino Bautista Bui Castillo Chang Chen Choi Dang Dizon Do Fujimoto Gupta Han Ho Huang Ishikawa Kang Kim
        Lam Le Lim Liu Macaraeg Manalo Nakamura Ngo Nguyen Ocampo Pak Park Patel Pham Phan Sato Santos Shin Sison
        Tan Tanaka Tran Truong Villanueva Vo Wong Wu Yamada Yang Yoon Zhao""",
    ),
    # Hawaiian and Samoan
    background(
        4,
        "Ailani Faleolo Haunani Kalena Lani Leilani Malia Mele Moana Noelani Pua Sina",
        "Afa Fetu Ikaika Kaleo Keoni Kimo Lono Makoa Manu Sione Tavita Viliamu",
        "Ailani Emma Hina Kailani Kalea Leilani Malia Mahina Nalani Sefina Talia Tiare",
        "Ethan Ikaika Isaiah Kai Kainoa Keanu Koa Makana Nainoa Sione Solomone Tevita",
        """Fa'asavalu Fonoimoana Ka'ai Kahale Kalama Kamaka Kealoha Leota Mahoe Nāone Pa'akaula Seumalo Tafua Tu'ua
        Vaifale""",
    ),
    # Arab, East African and South Asian
    background(
        3,
        "Amina Fatima Haifa Huda Layla Mariam Nadia Salma Samira Zainab",
        "Abdul Ahmed Farid Hassan Ibrahim Khalil Mahmoud Omar Rashid Yusuf",
        "Aisha Dina Farah Hana Leila Noor Rania Sara Yasmin Zara",
        "Adam Ali Bilal Hamza Idris Karim Omar Samir Tariq Zayd",
        """Abdi Al-Amin Aziz El-Sayed Farah Haddad Hakim Hamdan Ibrahim Khalil Mansour Mostafa Nasser Qureshi Rahman
        Saleh Shah""",
    ),
    # Native American
    background(
        2,
        "Bernice Delores Ida Lorena Marlene Roberta Rose Wilma",
        "Alfred Benny Chester Emerson Harrison Leland Raymond Wilson",
        "Autumn Cheyenne Dakota Raven Shania Sierra Winona Kaya",
        "Chayton Dakota Kody Mato Nodin Shane Takoda Tate",
        "Begay Benally Bitsui Etsitty Goodluck Nez Redbird Runningwater Tallchief Tsosie Whitehorse Yazzie",
    ),
]


class Town(NamedTuple):
    """Where people live: the first three digits of its ZIP codes, its telephone area, its TRICARE region."""

    city: str
    state: str
    zip_start: str
    area_code: str
    region: str


TOWNS = [
    Town(*line.split(","))
    for line in """
Fayetteville,NC,283,910,east;Jacksonville,NC,285,910,east;Raleigh,NC,276,919,east;Norfolk,VA,235,757,east
Virginia Beach,VA,234,757,east;Alexandria,VA,223,703,east;Richmond,VA,232,804,east;Annapolis,MD,214,410,east
Columbus,GA,319,706,east;Savannah,GA,314,912,east;Augusta,GA,309,706,east;Clarksville,TN,370,931,east
Pensacola,FL,325,850,east;Jacksonville,FL,322,904,east;Tampa,FL,336,813,east;Huntsville,AL,358,256,east
Charleston,SC,294,843,east;Columbia,SC,292,803,east;Watertown,NY,136,315,east;Buffalo,NY,142,716,east
Dayton,OH,454,937,east;Columbus,OH,432,614,east;Pittsburgh,PA,152,412,east;Groton,CT,063,860,east
Bangor,ME,044,207,east;Detroit,MI,482,313,east;Biloxi,MS,395,228,east;Louisville,KY,402,502,east
San Antonio,TX,782,210,west;Killeen,TX,765,254,west;El Paso,TX,799,915,west;Houston,TX,770,713,west
San Diego,CA,921,619,west;Oceanside,CA,920,760,west;Fairfield,CA,945,707,west;Fresno,CA,937,559,west
Colorado Springs,CO,809,719,west;Denver,CO,802,303,west;Phoenix,AZ,850,602,west;Tucson,AZ,857,520,west
Tacoma,WA,984,253,west;Bremerton,WA,983,360,west;Spokane,WA,992,509,west;Las Vegas,NV,891,702,west
Albuquerque,NM,871,505,west;Omaha,NE,681,402,west;Minot,ND,587,701,west;Rapid City,SD,577,605,west
Great Falls,MT,594,406,west;Boise,ID,837,208,west;Ogden,UT,844,801,west;Wichita,KS,672,316,west
Lawton,OK,735,580,west;Honolulu,HI,968,808,west;Fairbanks,AK,997,907,west;Portland,OR,972,503,west
""".replace("\n", ";").split(";")
    if line
]
# Military post offices. The state is Armed Forces Europe or Pacific.
POST_OFFICES = [
    Town("APO", "AE", "091", "210", "overseas"),
    Town("FPO", "AE", "095", "757", "overseas"),
    Town("APO", "AP", "963", "619", "overseas"),
    Town("FPO", "AP", "964", "808", "overseas"),
]
STREETS = [
    street
    for street in """
Acorn Alder Ash Aspen Bayberry Beech Birch Bluebonnet Briar Brookside Canyon Cedar Chapel Cherry Chestnut Church
Clover Cottonwood Creekside Cypress Dogwood Elm Fairview Fern Forest Garden Glenwood Harbor Hawthorn Hickory
Hillcrest Holly Ivy Jasmine Juniper Lakeview Laurel Liberty Lilac Linden Locust Magnolia Maple Meadow Mesa Mill
Mulberry Oak Orchard Palmetto Park Pecan Pine Pleasant Poplar Prairie Quail Redwood Ridge River Rosewood Sage
Spruce Sunset Sycamore Timber Valley Walnut Willow Windmill Woodland
""".replace("\n", " ").split(" ")
    if street
]
# Each kind is as frequent as it is here.
STREET_KINDS = (
    ["Street"] * 3 + ["Avenue"] * 2 + ["Drive"] * 2 + ["Lane"] * 2 + ["Road", "Court", "Way", "Place", "Circle"]
)
