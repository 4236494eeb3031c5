"""What the most important people remember. It is made by hand, so that their answers fit their lives.

The facts of the other people are invented from a seed.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Known:
    """One fact of a kind of idproofing.questions, true from `since` to `until` (None if it is still true)."""

    kind: str
    value: str
    since: date
    until: date | None = None

    @property
    def qualifier(self) -> str:
        """Return what the question names: the year, and for a pharmacy the month too."""
        return f"{self.since:%B %Y}" if self.kind.startswith("pharmacy") else f"{self.since:%Y}"


HAND_MADE: dict[str, tuple[Known, ...]] = {
    "raymond": (
        Known("home_lender", "Homefront Lending", date(2014, 5, 12), date(2024, 5, 1)),
        Known("home_payment", "740", date(2014, 5, 12), date(2024, 5, 1)),
        Known("street", "Orchard Hill Road", date(2014, 6, 1), date(2019, 5, 31)),
        Known("city", "Great Falls, Montana", date(2014, 6, 1), date(2019, 5, 31)),
        Known("vehicle", "Jeep Patriot", date(2016, 3, 20)),
        Known("vehicle_color", "Gold", date(2016, 3, 20)),
        Known("benefit", "Disability compensation", date(2015, 2, 1)),
        Known("benefit_bank", "Pioneer Trust Bank", date(2015, 2, 1)),
        Known("power_company", "Copper Ridge Power", date(2019, 6, 1)),
        Known("pharmacy", "Old Town Pharmacy", date(2026, 4, 6), date(2026, 4, 6)),
    ),
    "rosa": (
        Known("car_lender", "Crossroads Motor Credit", date(2019, 10, 5), date(2024, 10, 5)),
        Known("car_payment", "385", date(2019, 10, 5), date(2024, 10, 5)),
        Known("vehicle", "Nissan Rogue", date(2019, 10, 5)),
        Known("vehicle_color", "Red", date(2019, 10, 5)),
        Known("city", "Columbia, South Carolina", date(2014, 8, 1), date(2018, 5, 31)),
        Known("street", "Quail Run", date(2014, 8, 1), date(2018, 5, 31)),
        Known("card_bank", "Sentinel Federal Credit Union", date(2017, 2, 14)),
        Known("phone_company", "Ridgeline Wireless", date(2016, 1, 4)),
    ),
    "marcus": (
        Known("student_lender", "College Gate Servicing", date(2014, 9, 1), date(2021, 6, 30)),
        Known("card_bank", "Bluestone National Bank", date(2019, 4, 17)),
        Known("card_limit", "6500", date(2019, 4, 17)),
        Known("vehicle", "Dodge Journey", date(2014, 8, 22), date(2021, 5, 1)),
        Known("pharmacy", "Family First Drugs", date(2026, 2, 9), date(2026, 2, 9)),
        Known("benefit", "Scholarship for spouses", date(2015, 9, 1), date(2017, 5, 31)),
    ),
    "grace": (
        Known("home_lender", "Eagle Crest Federal Credit Union", date(2018, 7, 15)),
        Known("home_payment", "1890", date(2018, 7, 15)),
        Known("city", "Rapid City, South Dakota", date(2014, 8, 1), date(2018, 6, 30)),
        Known("student_lender", "Ivy Hill Education Loans", date(2015, 9, 1), date(2020, 3, 31)),
        Known("vehicle", "Subaru Outback", date(2015, 4, 11)),
        Known("vehicle_color", "Green", date(2015, 4, 11)),
        Known("benefit", "Retired pay", date(2018, 7, 1)),
        Known("card_bank", "Tidewater Bank and Trust", date(2016, 11, 3)),
    ),
    "walter": (
        Known("home_lender", "Tidewater Bank and Trust", date(2016, 2, 26)),
        Known("vehicle", "Ford F-150", date(2014, 9, 9), date(2023, 9, 9)),
        Known("vehicle_color", "White", date(2014, 9, 9), date(2023, 9, 9)),
        Known("city", "Newport, Rhode Island", date(2014, 1, 1), date(2016, 1, 31)),
        Known("benefit", "Special monthly compensation", date(2017, 2, 1)),
        Known("benefit_bank", "Mariner Federal Credit Union", date(2017, 2, 1)),
        Known("power_company", "Blue Heron Electric", date(2016, 3, 1)),
    ),
    "june": (
        Known("card_bank", "Harborlight Savings Bank", date(2015, 10, 28)),
        Known("card_limit", "4200", date(2015, 10, 28)),
        Known("pharmacy", "Bluebird Drug Store", date(2026, 5, 13), date(2026, 5, 13)),
        Known("vehicle", "Honda CR-V", date(2017, 6, 30)),
        Known("vehicle_color", "Blue", date(2017, 6, 30)),
        Known("phone_company", "Homeline Mobile", date(2018, 12, 24)),
    ),
    "nora": (
        Known("benefit", "Survivors annuity", date(2024, 3, 1)),
        Known("benefit_bank", "Garrison Federal Credit Union", date(2024, 3, 1)),
        Known("street", "Hawthorne Street", date(2013, 5, 1), date(2017, 8, 31)),
        Known("city", "Killeen, Texas", date(2013, 5, 1), date(2017, 8, 31)),
        Known("vehicle", "Chrysler 200", date(2015, 10, 16), date(2024, 4, 2)),
        Known("pharmacy", "Greenleaf Pharmacy", date(2026, 6, 17), date(2026, 6, 17)),
        Known("power_company", "Long Meadow Energy", date(2017, 9, 1)),
    ),
    "emily": (
        Known("student_lender", "Tassel Education Loans", date(2013, 9, 1), date(2022, 12, 31)),
        Known("car_lender", "Open Road Auto Finance", date(2018, 4, 20), date(2023, 4, 20)),
        Known("vehicle", "Hyundai Sonata", date(2018, 4, 20)),
        Known("city", "San Antonio, Texas", date(2015, 10, 1), date(2018, 9, 30)),
        Known("card_bank", "First Prairie Bank", date(2014, 1, 31)),
        Known("phone_company", "True North Cellular", date(2018, 10, 15)),
    ),
    "brian": (
        Known("home_lender", "Valley Forge Lending", date(2017, 8, 30)),
        Known("home_payment", "1150", date(2017, 8, 30)),
        Known("vehicle", "GMC Terrain", date(2014, 5, 14), date(2022, 3, 3)),
        Known("city", "Lawton, Oklahoma", date(2014, 2, 1), date(2017, 7, 31)),
        Known("benefit", "Retired pay", date(2014, 10, 1)),
        Known("pharmacy", "Parkside Drug Store", date(2026, 1, 22), date(2026, 1, 22)),
    ),
    "isabel": (
        Known("car_lender", "Summit Lake Bank", date(2016, 2, 19), date(2021, 2, 19)),
        Known("vehicle", "Toyota Prius", date(2016, 2, 19)),
        Known("vehicle_color", "Silver", date(2016, 2, 19)),
        Known("city", "Jacksonville, Florida", date(2014, 7, 1), date(2018, 6, 30)),
        Known("card_bank", "Union Plains Bank", date(2017, 5, 5)),
        Known("student_lender", "Lamplight Student Lending", date(2013, 8, 15), date(2019, 8, 15)),
    ),
    "priya": (
        Known("student_lender", "Graduate Path Servicing", date(2013, 9, 1), date(2020, 5, 31)),
        Known("home_lender", "Evergreen Home Lending", date(2020, 11, 6)),
        Known("home_payment", "2450", date(2020, 11, 6)),
        Known("vehicle", "Subaru Crosstrek", date(2021, 6, 18)),
        Known("card_limit", "12500", date(2015, 3, 12)),
        Known("phone_company", "Lighthouse Wireless", date(2017, 2, 2)),
    ),
    "gregory": (
        Known("city", "Junction City, Kansas", date(2013, 4, 1), date(2017, 3, 31)),
        Known("street", "Dogwood Circle", date(2013, 4, 1), date(2017, 3, 31)),
        Known("vehicle", "Chevrolet Cruze", date(2014, 7, 7), date(2017, 3, 7)),
        Known("benefit", "Disability compensation", date(2016, 6, 1)),
        Known("benefit_amount", "1340", date(2016, 6, 1)),
        Known("card_bank", "White Pine Savings Bank", date(2018, 9, 25)),
    ),
    # They just turned 18: few facts, most from a life with their parents. Lucia still lives with hers, and they know
    # those facts too. What is in her own name is enough for a Level 1 quiz.
    "lucia": (
        Known("city", "Augusta, Georgia", date(2016, 8, 1), date(2018, 5, 31)),
        Known("street", "Elderberry Way", date(2016, 8, 1), date(2018, 5, 31)),
        Known("phone_company", "Quickfox Mobile", date(2024, 12, 25)),
        Known("pharmacy", "Sunrise Pharmacy", date(2026, 9, 3), date(2026, 9, 3)),
        Known("pharmacy_paid", "14", date(2026, 9, 3), date(2026, 9, 3)),
        Known("card_bank", "Liberty Oak Bank", date(2026, 11, 20)),
        Known("student_lender", "Scholarship Road Finance", date(2026, 8, 24)),
        Known("benefit", "Schooling for family members", date(2026, 9, 1)),
        Known("benefit_bank", "Union Plains Bank", date(2026, 9, 1)),
    ),
    "noah": (
        Known("city", "Duluth, Minnesota", date(2012, 7, 1), date(2019, 6, 30)),
        Known("street", "Thistle Court", date(2012, 7, 1), date(2019, 6, 30)),
        Known("vehicle", "Ford Maverick", date(2024, 4, 9), date(2026, 6, 1)),
        Known("vehicle_color", "Orange", date(2024, 4, 9), date(2026, 6, 1)),
        Known("phone_company", "Wayfarer Mobile", date(2023, 9, 1)),
        Known("card_bank", "North Ridge Bank", date(2026, 4, 20)),
        Known("card_limit", "1500", date(2026, 4, 20)),
        Known("pharmacy", "Village Square Drugs", date(2026, 8, 11), date(2026, 8, 11)),
    ),
    "meiling": (Known("phone_company", "Hilltop Wireless", date(2025, 10, 1)),),
}
