"""The code systems of the record, and what codes, units and statuses mean in everyday words.

Displays are those of the code systems (LOINC, SNOMED CT, RxNorm, CVX), shortened where a page needs it. A concept has
no code if we are not sure of it: no code is better than a wrong one.
"""

from typing import NamedTuple

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
PRESSURES = ("8480-6", "8462-4")
"""The upper number of a blood pressure (systolic) and the lower one (LOINC)."""


class Concept(NamedTuple):
    """A concept with its code, as in FHIR's CodeableConcept. `meaning` explains it to people who are not clinicians."""

    code_system: str
    code: str
    display: str
    meaning: str = ""


def _concepts(system: str, *rows: tuple[str, str, str]) -> dict[str, Concept]:
    return {code: Concept(system, code, display, meaning) for code, display, meaning in rows}


LABS = _concepts(
    LOINC,
    ("4548-4", "Hemoglobin A1c", "Average blood sugar over the last two to three months"),
    ("24321-2", "Basic metabolic panel", "Blood sugar, salts and kidney function"),
    ("2345-7", "Glucose", "Blood sugar when the sample was taken"),
    ("3094-0", "Urea nitrogen", "How well the kidneys clear waste"),
    ("2160-0", "Creatinine", "How well the kidneys clear waste"),
    ("2951-2", "Sodium", "A salt that keeps the body's water in balance"),
    ("2823-3", "Potassium", "A salt that muscles and heart need"),
    ("2075-0", "Chloride", "A salt that keeps the body's water in balance"),
    ("2028-9", "Carbon dioxide", "Shows the balance of acids in the blood"),
    ("17861-6", "Calcium", "For bones, nerves and muscles"),
    ("57698-3", "Lipid panel", "Cholesterol and other fats in the blood"),
    ("2093-3", "Total cholesterol", "All cholesterol together"),
    ("2571-8", "Triglycerides", "Fat that the body stores for later"),
    ("18262-6", "LDL cholesterol", "Often called the “bad” cholesterol"),
    ("2085-9", "HDL cholesterol", "Often called the “good” cholesterol"),
    ("58410-2", "Complete blood count", "The cells in the blood"),
    ("6690-2", "White blood cells", "Cells that fight infection"),
    ("789-8", "Red blood cells", "Cells that carry oxygen"),
    ("718-7", "Hemoglobin", "The part of red blood cells that carries oxygen"),
    ("4544-3", "Hematocrit", "The share of the blood that is red blood cells"),
    ("777-3", "Platelets", "Cells that stop bleeding"),
    ("2857-1", "Prostate specific antigen", "A screening test of the prostate"),
    ("3016-3", "Thyroid stimulating hormone", "Shows how well the thyroid works"),
)
VITALS = _concepts(
    LOINC,
    ("8480-6", "Systolic blood pressure", "Upper number: the pressure when the heart beats"),
    ("8462-4", "Diastolic blood pressure", "Lower number: the pressure between beats"),
    ("8867-4", "Heart rate", "Heart beats in a minute"),
    ("9279-1", "Respiratory rate", "Breaths in a minute"),
    ("8310-5", "Body temperature", ""),
    ("59408-5", "Oxygen saturation", "How much oxygen the blood carries"),
    ("29463-7", "Body weight", ""),
    ("8302-2", "Body height", ""),
    ("39156-5", "Body mass index", "Weight in relation to height"),
)
# The layout of a reading: each column's title, and the measurements in it.
VITAL_COLUMNS = {
    "Blood pressure": PRESSURES,
    "Heart rate": ("8867-4",),
    "Breaths": ("9279-1",),
    "Temperature": ("8310-5",),
    "Oxygen": ("59408-5",),
    "Weight": ("29463-7",),
    "Height": ("8302-2",),
    "Body mass index": ("39156-5",),
}
VACCINES = _concepts(
    CVX,
    ("03", "MMR", "Measles, mumps and rubella"),
    ("08", "Hep B, adolescent or pediatric", "Hepatitis B"),
    ("10", "IPV", "Polio"),
    ("20", "DTaP", "Diphtheria, tetanus and whooping cough"),
    ("21", "Varicella", "Chickenpox"),
    ("24", "Anthrax", "Anthrax"),
    ("33", "Pneumococcal polysaccharide PPV23", "Pneumonia"),
    ("43", "Hep B, adult", "Hepatitis B"),
    ("48", "Hib (PRP-T)", "Meningitis and pneumonia from Haemophilus bacteria"),
    ("52", "Hep A, adult", "Hepatitis A"),
    ("83", "Hep A, ped/adol, 2 dose", "Hepatitis A"),
    ("101", "Typhoid, ViCPs", "Typhoid fever"),
    ("113", "Td (adult), preservative free", "Tetanus and diphtheria"),
    ("114", "Meningococcal MCV4P", "Meningitis"),
    ("115", "Tdap", "Tetanus, diphtheria and whooping cough"),
    ("116", "Rotavirus, pentavalent", "Rotavirus, which causes severe diarrhea in babies"),
    ("133", "Pneumococcal conjugate PCV13", "Pneumonia"),
    ("135", "Influenza, high dose seasonal", "Flu, high dose for people age 65 and older"),
    ("140", "Influenza, seasonal, preservative free", "Flu"),
    ("165", "HPV9", "Human papillomavirus"),
    ("187", "Zoster recombinant", "Shingles"),
    ("207", "COVID-19, mRNA, 100 mcg/0.5 mL", "COVID-19"),
    ("208", "COVID-19, mRNA, 30 mcg/0.3 mL", "COVID-19"),
    ("216", "Pneumococcal conjugate PCV20", "Pneumonia"),
    ("309", "COVID-19, mRNA, LNP-S, 30 mcg/0.3 mL", "COVID-19"),
)
FLU = ("135", "140")
CONDITIONS = _concepts(
    SNOMED,
    ("59621000", "Essential hypertension", "High blood pressure"),
    ("44054006", "Type 2 diabetes mellitus", "Blood sugar that stays too high"),
    ("15777000", "Prediabetes", "Blood sugar a little above usual"),
    ("55822004", "Hyperlipidemia", "High cholesterol or other fats in the blood"),
    ("239873007", "Osteoarthritis of knee", "Worn cartilage in the knee"),
    ("235595009", "Gastroesophageal reflux disease", "Stomach acid rising; heartburn"),
    ("278860009", "Chronic low back pain", ""),
    ("60862001", "Tinnitus", "Ringing in the ears"),
    ("15188001", "Hearing loss", ""),
    ("78275009", "Obstructive sleep apnea", "Breathing that stops and starts during sleep"),
    ("195967001", "Asthma", "Airways that tighten at times"),
    ("446096008", "Perennial allergic rhinitis", "A runny or blocked nose from allergy, all year"),
    ("37796009", "Migraine", "Strong headaches that come back"),
    ("49436004", "Atrial fibrillation", "An irregular heartbeat"),
    ("64859006", "Osteoporosis", "Bones that have become thin"),
    ("193570009", "Cataract", "Clouding of the eye's lens"),
    ("44465007", "Sprain of ankle", ""),
    ("65966004", "Fracture of forearm", "A broken forearm"),
    ("10509002", "Acute bronchitis", "A chest cold"),
    ("195662009", "Acute viral pharyngitis", "A sore throat from a virus"),
    ("43878008", "Streptococcal sore throat", "Strep throat"),
    ("65363002", "Otitis media", "An infection of the middle ear"),
)
MEDICATIONS = _concepts(
    RXNORM,
    ("314076", "Lisinopril 10 MG Oral Tablet", "Lowers blood pressure"),
    ("197361", "Amlodipine 5 MG Oral Tablet", "Lowers blood pressure"),
    ("861007", "Metformin hydrochloride 500 MG Oral Tablet", "Lowers blood sugar"),
    ("617310", "Atorvastatin 20 MG Oral Tablet", "Lowers cholesterol"),
    ("243670", "Aspirin 81 MG Oral Tablet", "Helps to prevent blood clots"),
    ("198051", "Omeprazole 20 MG Delayed Release Oral Capsule", "Lowers stomach acid"),
    ("197806", "Ibuprofen 600 MG Oral Tablet", "For pain and swelling"),
    ("313782", "Acetaminophen 325 MG Oral Tablet", "For pain and fever"),
    ("311372", "Loratadine 10 MG Oral Tablet", "For allergies"),
    ("745679", "Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "Opens the airways"),
    ("855332", "Warfarin sodium 5 MG Oral Tablet", "Helps to prevent blood clots"),
    ("904419", "Alendronic acid 10 MG Oral Tablet", "Makes bones stronger"),
    ("308192", "Amoxicillin 500 MG Oral Tablet", "An antibiotic"),
)
ALLERGIES = _concepts(
    SNOMED,
    ("91936005", "Allergy to penicillin", "An antibiotic"),
    ("91939003", "Allergy to sulfonamide", "A group of antibiotics, often called sulfa drugs"),
    ("91935009", "Allergy to peanut", ""),
    ("300916003", "Latex allergy", "Rubber, for example in gloves"),
    ("424213003", "Allergy to bee venom", "Bee stings"),
    ("418689008", "Allergy to grass pollen", "Hay fever in late spring and summer"),
    ("232347008", "Allergy to animal dander", "Skin and hair of pets"),
)
PROCEDURES = _concepts(
    SNOMED,
    ("73761001", "Colonoscopy", "A look at the large bowel with a camera"),
    ("399208008", "Plain chest X-ray", "A picture of heart and lungs"),
    ("19490002", "Ankle X-ray", ""),
    ("312681000", "Bone density scan", "Shows how strong the bones are"),
    ("71651007", "Mammography", "An X-ray of the breasts"),
    ("54885007", "Extraction of cataract", "The clouded lens of the eye is replaced"),
    ("609588000", "Total knee replacement", ""),
    ("274474001", "Bone immobilization", "A cast or splint"),
    ("288086009", "Suture of open wound", "Stitches"),
    ("23426006", "Measurement of respiratory function", "A test of how well the lungs work"),
)
SERVICES = {
    "primary": Concept(SNOMED, "394802001", "General medicine"),
    "heart": Concept(SNOMED, "394579002", "Cardiology"),
    "eyes": Concept(SNOMED, "394594003", "Ophthalmology"),
    "skin": Concept(SNOMED, "394582007", "Dermatology"),
    "therapy": Concept(SNOMED, "722138006", "Physical therapy"),
    "dental": Concept("", "", "Dental"),
    "audiology": Concept("", "", "Audiology"),
    "women": Concept("", "", "Women's health"),
    "pediatrics": Concept("", "", "Pediatrics"),
    "optometry": Concept("", "", "Optometry"),
}
DOCUMENTS = _concepts(
    LOINC,
    ("11506-3", "Progress note", "What was found and decided at a visit"),
    ("34117-2", "History and physical note", "Your health history and the findings of an examination"),
    ("11488-4", "Consult note", "The advice of a specialist"),
    ("28570-0", "Procedure note", "How a procedure went"),
)

MEANINGS: dict[tuple[str, str], str] = {
    (concept.code_system, concept.code): concept.meaning
    for table in (LABS, VITALS, VACCINES, CONDITIONS, MEDICATIONS, ALLERGIES, PROCEDURES, DOCUMENTS)
    for concept in table.values()
}

# UCUM units as people read them. A unit that is not here is shown as it is.
UNITS = {
    "%": "percent",
    "/min": "per minute",
    "[degF]": "°F",
    "[in_i]": "inches",
    "[lb_av]": "pounds",
    "mm[Hg]": "mm Hg",
    "kg/m2": "kg/m²",
    "10*3/uL": "thousand/µL",
    "10*6/uL": "million/µL",
    "m[IU]/L": "mIU/L",
}
