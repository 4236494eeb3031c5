"""What the codes of a record mean in everyday words. A code that is not here is said as it came and is no verdict."""

import re

from portal import codes
from portal.record.models import Result

STATUSES = {
    "accepted": "Accepted",
    "achieved": "Achieved",
    "active": "Active",
    "amended": "Changed after it was final",
    "appended": "Added to after it was final",
    "arrived": "Arrived",
    "available": "Available",
    "balloted": "Voted on",
    "booked": "Scheduled",
    "cancelled": "Canceled",
    "checked-in": "Checked in",
    "completed": "Completed",
    "confirmed": "Confirmed",
    "corrected": "Corrected after it was final",
    "current": "Current",
    "declined": "Declined",
    "deprecated": "No longer in use",
    "differential": "One of several possible causes",
    "draft": "Draft",
    "ended": "Ended",
    "entered-in-error": "Entered in error",
    "fulfilled": "Visit took place",
    "final": "Final",
    "finished": "Ended",
    "improving": "Improving",
    "in-progress": "In progress",
    "inactive": "No longer active",
    "intended": "Planned",
    "no-change": "No change",
    "no-progress": "No progress",
    "not-achieved": "Not achieved",
    "not-attainable": "Cannot be reached",
    "not-done": "Not done",
    "not-taken": "Not taken",
    "noshow": "Missed",
    "on-hold": "On hold",
    "onleave": "On leave",
    "partial": "Partly ready",
    "pending": "Not confirmed yet",
    "planned": "Planned",
    "preliminary": "Preliminary: may still change",
    "preparation": "Being prepared",
    "proposed": "Proposed",
    "provisional": "Not certain yet",
    "queued": "Waiting",
    "recurrence": "Came back",
    "refuted": "Found not to be so",
    "registered": "Not ready yet",
    "rejected": "Rejected",
    "relapse": "Came back",
    "remission": "Getting better",
    "resolved": "Resolved",
    "retired": "No longer in use",
    "revoked": "Withdrawn",
    "scheduled": "Scheduled",
    "stopped": "Stopped",
    "superseded": "Replaced by a newer one",
    "sustaining": "Being kept up",
    "suspended": "Paused",
    "triaged": "Being assessed",
    "unconfirmed": "Not confirmed",
    "unknown": "Status not known",
    "waitlist": "On the waiting list",
    "worsening": "Getting worse",
}
# What the same code means where it is said of a certain thing.
STATUSES_OF = {
    ("encounter", "finished"): "Visit took place",
    ("encounter", "arrived"): "You had arrived",
    ("encounter", "cancelled"): "Canceled: it did not take place",
    ("appointment", "pending"): "Waiting to be confirmed",
    ("vaccine", "completed"): "Given",
    ("vaccine", "not-done"): "Not given",
    ("procedure", "completed"): "Done",
    ("procedure", "preparation"): "Being prepared",
    ("dispense", "completed"): "Handed over",
    ("goal", "completed"): "Completed",
    ("goal", "rejected"): "Not accepted",
}
# These say only that all is as one expects, so a list leaves them out.
PLAIN = {"final", "completed", "finished", "current", "active", "confirmed", "fulfilled", "available", ""}

# HL7 v3 ObservationInterpretation, and the codes of table 0078 of HL7 v2 that it comes from.
INTERPRETATIONS = {
    "N": "In the usual range",
    "L": "Below the usual range",
    "H": "Above the usual range",
    "LL": "Far below the usual range",
    "HH": "Far above the usual range",
    "A": "Outside the usual range",
    "HU": "Far above the usual range",
    "LU": "Far below the usual range",
    "AA": "Far outside the usual range",
    "H>": "Far above the usual range",
    "L<": "Far below the usual range",
    "HX": "Above the threshold that was set",
    "LX": "Below the threshold that was set",
    "EX": "Outside the threshold that was set",
    "<": "Too low for the instrument to measure",
    ">": "Too high for the instrument to measure",
    "B": "Better than before",
    "W": "Worse than before",
    "U": "Clearly higher than before",
    "D": "Clearly lower than before",
    "CAR": "Carrier",
    "CARRIER": "Carrier",
    "POS": "Positive",
    "NEG": "Negative",
    "DET": "Detected",
    "ND": "Not detected",
    "IND": "Neither positive nor negative",
    "E": "Unclear",
    "IE": "Not enough evidence to say",
    "EXP": "As expected",
    "UNE": "Not as expected",
    "RR": "Reactive",
    "WR": "Weakly reactive",
    "NR": "Not reactive",
    "S": "Susceptible: this medicine should work",
    "VS": "Very susceptible: this medicine should work",
    "MS": "Moderately susceptible: this medicine may work",
    "SDD": "Susceptible at a higher dose",
    "SYN-S": "Susceptible to both medicines together",
    "I": "Intermediate: this medicine may work",
    "R": "Resistant: this medicine should not work",
    "SYN-R": "Resistant to both medicines together",
    "NS": "Not susceptible: this medicine may not work",
    "NCL": "No agreed limits to compare with",
    "HM": "Held for medical review",
    "QCF": "The quality check of the test failed",
    "TOX": "The sample harmed the cells of the test",
    "AC": "Other substances in the sample disturbed the test",
}
# Changes (B, W, U, D) and doubts (E, I, IND) are no verdict. Nor is NEG: whether that is good depends on the test.
UNUSUAL_FLAGS = {"A", "AA", "H", "HH", "HU", "HX", "H>", "L", "LL", "LU", "LX", "L<", "EX", "UNE"} | {
    *("POS", "DET", "RR", "WR", "R", "SYN-R", "NS", "CAR", "CARRIER"),
}
USUAL_FLAGS = {"N"}
SHORT = {
    "L": "low",
    "H": "high",
    "LL": "very low",
    "HH": "very high",
    "A": "unusual",
    "HU": "very high",
    "LU": "very low",
    "H>": "very high",
    "L<": "very low",
    "AA": "very unusual",
    "N": "usual",
    "POS": "positive",
    "NEG": "negative",
    "DET": "detected",
    "ND": "not detected",
    "R": "resistant",
    "I": "intermediate",
    "S": "susceptible",
}

VERDICTS = {
    Result.Verdict.USUAL.value: "In the usual range",
    Result.Verdict.UNUSUAL.value: "Outside the usual range",
    Result.Verdict.NONE.value: "No range to compare with",
}
COMPARATORS = {"<": "less than", "<=": "at most", ">=": "at least", ">": "more than"}

# The data-absent-reason of FHIR.
ABSENT = {
    "unknown": "The value is not known",
    "asked-unknown": "Asked, but not known",
    "temp-unknown": "The value is not known yet",
    "not-asked": "Not asked",
    "asked-declined": "Asked, but not answered",
    "masked": "Not shown, to protect privacy",
    "not-applicable": "Does not apply",
    "unsupported": "The value could not be recorded",
    "as-text": "See the text",
    "error": "The value could not be measured",
    "not-a-number": "The value could not be calculated",
    "negative-infinity": "Too low to measure",
    "positive-infinity": "Too high to measure",
    "not-performed": "The test was not done",
    "not-permitted": "The value may not be shown",
}

# UCUM units as people read them, with those that the portal always had.
UNITS = {
    **codes.UNITS,
    "1": "",
    "Cel": "°C",
    "K": "K",
    "[ft_i]": "feet",
    "[oz_av]": "ounces",
    "[fl_us]": "US fluid ounces",
    "[IU]": "IU",
    "[IU]/L": "IU/L",
    "[IU]/mL": "IU/mL",
    "k[IU]/L": "kIU/L",
    "u[IU]/mL": "µIU/mL",
    "mm[H2O]": "mm H₂O",
    "ug": "µg",
    "ug/L": "µg/L",
    "ug/mL": "µg/mL",
    "ug/dL": "µg/dL",
    "umol/L": "µmol/L",
    "uL": "µL",
    "/uL": "per µL",
    "/mL": "per mL",
    "/[HPF]": "in a field of the microscope (high power)",
    "/[LPF]": "in a field of the microscope (low power)",
    "10*9/L": "billion/L",
    "10*12/L": "trillion/L",
    "meq/L": "mEq/L",
    "mL/min": "mL per minute",
    "mL/min/{1.73_m2}": "mL per minute for 1.73 m² of body surface",
    "mL/min/1.73.m2": "mL per minute for 1.73 m² of body surface",
    "mm/h": "mm per hour",
    "m2": "m²",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "wk": "weeks",
    "mo": "months",
    "a": "years",
    "deg": "degrees",
    "{beats}/min": "per minute",
    "{breaths}/min": "per minute",
}

CATEGORIES = {
    "laboratory": "Laboratory",
    "vital-signs": "Vital signs",
    "social-history": "Social history",
    "imaging": "Imaging",
    "procedure": "Procedure",
    "survey": "Survey",
    "exam": "Examination",
    "therapy": "Therapy",
    "activity": "Activity",
    "encounter-diagnosis": "Diagnosis at a visit",
    "problem-list-item": "Health concern",
    "health-concern": "Health concern",
    "food": "Food",
    "medication": "Medication",
    "environment": "Environment",
    "biologic": "Biologic",
    "clinical-note": "Clinical note",
    "allergy": "Allergy",
    "intolerance": "Intolerance",
    "inpatient": "In a hospital",
    "outpatient": "At a clinic",
    "community": "At home",
    "discharge": "On leaving the hospital",
}
CRITICALITY = {
    "low": "Low risk of a dangerous reaction",
    "high": "High risk of a dangerous reaction",
    "unable-to-assess": "The risk of a dangerous reaction is not known",
}
SEVERITY = {"mild": "mild", "moderate": "moderate", "severe": "severe"}
INTENTS = {
    "proposal": "Suggested",
    "plan": "Planned",
    "order": "Ordered",
    "original-order": "Ordered",
    "reflex-order": "Ordered",
    "filler-order": "Ordered",
    "instance-order": "Ordered",
    "option": "One of several choices",
}
# HL7 v3 ActCode and what the 2019 files write: the kind of a visit.
CLASSES = {
    "AMB": "Visit to a clinic",
    "EMER": "Emergency visit",
    "IMP": "Hospital stay",
    "ACUTE": "Hospital stay",
    "NONAC": "Hospital stay",
    "OBSENC": "Hospital stay for observation",
    "SS": "Short hospital stay",
    "PRENC": "Before a hospital stay",
    "HH": "Visit at home",
    "FLD": "Visit outside a clinic",
    "VR": "Visit by phone or video",
    "outpatient": "Visit to a clinic",
    "wellness": "Wellness visit",
    "urgentcare": "Urgent care visit",
    "urgent": "Urgent care visit",
    "emergency": "Emergency visit",
    "inpatient": "Hospital stay",
    "ambulatory": "Visit to a clinic",
    "virtual": "Visit by phone or video",
    "home": "Visit at home",
}

# Types of FHIR resources: one, and several of them.
TYPES = {
    "Account": ("Account for billing", "Accounts for billing"),
    "AdverseEvent": ("Unwanted event", "Unwanted events"),
    "AllergyIntolerance": ("Allergy", "Allergies"),
    "Appointment": ("Appointment", "Appointments"),
    "AppointmentResponse": ("Answer to an appointment", "Answers to appointments"),
    "AuditEvent": ("Note of an access", "Notes of accesses"),
    "Basic": ("Other paper", "Other papers"),
    "Binary": ("File", "Files"),
    "BodyStructure": ("Part of the body", "Parts of the body"),
    "CarePlan": ("Care plan", "Care plans"),
    "CareTeam": ("Care team", "Care teams"),
    "ChargeItem": ("Charge", "Charges"),
    "Claim": ("Insurance claim", "Insurance claims"),
    "ClaimResponse": ("Answer to an insurance claim", "Answers to insurance claims"),
    "ClinicalImpression": ("Clinical assessment", "Clinical assessments"),
    "Communication": ("Message", "Messages"),
    "CommunicationRequest": ("Request for a message", "Requests for messages"),
    "Composition": ("Document", "Documents"),
    "Condition": ("Health condition", "Health conditions"),
    "Consent": ("Consent", "Consents"),
    "Contract": ("Contract", "Contracts"),
    "Coverage": ("Insurance coverage", "Insurance coverage"),
    "CoverageEligibilityRequest": ("Question about coverage", "Questions about coverage"),
    "CoverageEligibilityResponse": ("Answer about coverage", "Answers about coverage"),
    "DetectedIssue": ("Warning", "Warnings"),
    "Device": ("Medical device", "Medical devices"),
    "DeviceMetric": ("Measure of a device", "Measures of devices"),
    "DeviceRequest": ("Order of a device", "Orders of devices"),
    "DeviceUseStatement": ("Use of a device", "Uses of devices"),
    "DiagnosticReport": ("Report", "Reports"),
    "DocumentManifest": ("List of documents", "Lists of documents"),
    "DocumentReference": ("Document", "Documents"),
    "Encounter": ("Visit", "Visits"),
    "Endpoint": ("Electronic address", "Electronic addresses"),
    "EpisodeOfCare": ("Period of care", "Periods of care"),
    "ExplanationOfBenefit": ("Explanation of benefits", "Explanations of benefits"),
    "FamilyMemberHistory": ("Family health history", "Family health history"),
    "Flag": ("Alert", "Alerts"),
    "Goal": ("Goal", "Goals"),
    "Group": ("Group", "Groups"),
    "GuidanceResponse": ("Advice from a program", "Advice from programs"),
    "HealthcareService": ("Health care service", "Health care services"),
    "ImagingStudy": ("Images", "Images"),
    "Immunization": ("Vaccine", "Vaccines"),
    "ImmunizationEvaluation": ("Check of a vaccine dose", "Checks of vaccine doses"),
    "ImmunizationRecommendation": ("Vaccines that are recommended", "Vaccines that are recommended"),
    "InsurancePlan": ("Insurance plan", "Insurance plans"),
    "Invoice": ("Bill", "Bills"),
    "List": ("List", "Lists"),
    "Location": ("Place", "Places"),
    "Media": ("Picture or recording", "Pictures and recordings"),
    "Medication": ("Medicine", "Medicines"),
    "MedicationAdministration": ("Medicine given", "Medicines given"),
    "MedicationDispense": ("Medicine handed over", "Medicines handed over"),
    "MedicationRequest": ("Prescription", "Prescriptions"),
    "MedicationStatement": ("Medicine taken", "Medicines taken"),
    "MolecularSequence": ("Genetic sequence", "Genetic sequences"),
    "NutritionOrder": ("Diet", "Diets"),
    "Observation": ("Observation", "Observations"),
    "OperationOutcome": ("Message from a system", "Messages from systems"),
    "Organization": ("Organization", "Organizations"),
    "Patient": ("Your details", "Your details"),
    "PaymentNotice": ("Notice of a payment", "Notices of payments"),
    "PaymentReconciliation": ("Payment", "Payments"),
    "Person": ("Person", "Persons"),
    "Practitioner": ("Health care professional", "Health care professionals"),
    "PractitionerRole": ("Health care professional", "Health care professionals"),
    "Procedure": ("Procedure", "Procedures"),
    "Provenance": ("Where data came from", "Where data came from"),
    "Questionnaire": ("Questionnaire", "Questionnaires"),
    "QuestionnaireResponse": ("Answers to a questionnaire", "Answers to questionnaires"),
    "RelatedPerson": ("Relative or caregiver", "Relatives and caregivers"),
    "RequestGroup": ("Group of orders", "Groups of orders"),
    "ResearchSubject": ("Part in a study", "Parts in studies"),
    "RiskAssessment": ("Assessment of a risk", "Assessments of risks"),
    "Schedule": ("Calendar", "Calendars"),
    "ServiceRequest": ("Order or referral", "Orders and referrals"),
    "Slot": ("Open time", "Open times"),
    "Specimen": ("Sample", "Samples"),
    "Substance": ("Substance", "Substances"),
    "SupplyDelivery": ("Delivery of supplies", "Deliveries of supplies"),
    "SupplyRequest": ("Order of supplies", "Orders of supplies"),
    "Task": ("Task", "Tasks"),
    "VerificationResult": ("Check of data", "Checks of data"),
    "VisionPrescription": ("Prescription for glasses or lenses", "Prescriptions for glasses or lenses"),
}
CLAIM_TYPES = {
    "institutional": "hospital or clinic",
    "oral": "dental",
    "pharmacy": "pharmacy",
    "professional": "doctor",
    "vision": "vision",
}


def status(code: str, of: str = "") -> str:
    """Return a status in words, "" for none. `of` is what it is said of: "encounter", "vaccine", "appointment" ..."""
    return STATUSES_OF.get((of, code)) or STATUSES.get(code, code)


def is_plain(code: str) -> bool:
    """Tell whether a status says only what one expects, so that a list need not name it."""
    return code in PLAIN


def interpretation(said: str) -> str:
    """Return the flags of a result in words. One that HL7 does not know is returned as it came."""
    return "; ".join(INTERPRETATIONS.get(code, code) for code in said.split(", ") if code)


def short_interpretation(said: str) -> str:
    """Return the flags of a result in a word or two each, for places with little room."""
    return ", ".join(SHORT.get(code) or INTERPRETATIONS.get(code, code) for code in said.split(", ") if code)


def verdict(code: str) -> str:
    """Return a verdict of Result.Verdict in words."""
    return VERDICTS.get(code, code)


def flagged(flags: list[str]) -> str:
    """Return the verdict of the flags that a laboratory set: "usual" only if all it says is N."""
    if any(flag in UNUSUAL_FLAGS for flag in flags):
        return Result.Verdict.UNUSUAL.value
    if flags and all(flag in USUAL_FLAGS for flag in flags):
        return Result.Verdict.USUAL.value
    return Result.Verdict.NONE.value


def unit(code: str, said: str = "") -> str:
    """Return a unit as people read it. `code` is UCUM's, `said` is what was written for people."""
    if code in UNITS:
        return UNITS[code]
    if said in UNITS:
        return UNITS[said]
    return bare_of_annotations(said or code)


def bare_of_annotations(unit_: str) -> str:
    """Return a UCUM unit without the braces of its annotations: "{score}" is "score"."""
    return re.sub(r"\{([^{}]*)\}", lambda found: found[1].replace("_", " "), unit_)


def absent(code: str) -> str:
    """Return in words why there is no value."""
    return ABSENT.get(code, code)


def category(code: str) -> str:
    """Return a category of an observation, condition, allergy or document in words."""
    return CATEGORIES.get(code, code)


def type_of(type_: str) -> str:
    """Return what a resource of this type is. A type that FHIR R4 does not have is named as it came."""
    return TYPES[type_][0] if type_ in TYPES else spaced(type_)


def types_of(type_: str) -> str:
    """Return the same for several of them, for headings."""
    return TYPES[type_][1] if type_ in TYPES else spaced(type_)


def spaced(type_: str) -> str:
    """Return "NewKindOfThing" as "New kind of thing"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type_)
    return words[:1].upper() + words[1:].lower() if words else "Paper"
