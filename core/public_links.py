"""The public websites that help articles lead to, each once. A system check holds that each has a plain https address.

Only what is publicly known stands here. Take an address from the front page of the organization itself.
"""

import re
from dataclasses import dataclass

# Sites of the United States government and its forces.
FORM = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*\.(gov|mil)(/[A-Za-z0-9/_-]*)?")


@dataclass(frozen=True)
class PublicLink:
    """A website: its address, and the name by which people know it."""

    url: str
    name: str

    def __str__(self) -> str:
        return self.url


LINKS = {
    "tricare": PublicLink("https://tricare.mil", "TRICARE"),
    "tricare_plans": PublicLink("https://tricare.mil/plans", "TRICARE plans"),
    "tricare_life_events": PublicLink("https://tricare.mil/lifeevents", "TRICARE: life events"),
    "tricare_contact": PublicLink("https://tricare.mil/contactus", "TRICARE: contact us"),
    "mhs": PublicLink("https://health.mil", "Military Health System"),
    "mtf": PublicLink("https://tricare.mil/mtf", "Military hospitals and clinics"),
    "milconnect": PublicLink("https://milconnect.dmdc.osd.mil", "milConnect"),
    "id_cards": PublicLink("https://www.cac.mil", "DoD ID cards"),
    "id_card_office": PublicLink("https://idco.dmdc.osd.mil/idco/", "ID Card Office Online"),
    "va": PublicLink("https://www.va.gov", "Department of Veterans Affairs"),
    "va_health": PublicLink("https://www.va.gov/health-care", "VA health care"),
    "va_locations": PublicLink("https://www.va.gov/find-locations", "VA locations"),
    "records": PublicLink("https://www.archives.gov/veterans", "National Archives: veterans’ service records"),
    "identity_theft": PublicLink("https://www.identitytheft.gov", "IdentityTheft.gov"),
    "section_508": PublicLink("https://www.section508.gov", "Section508.gov"),
}
BY_URL = {link.url: link for link in LINKS.values()}
