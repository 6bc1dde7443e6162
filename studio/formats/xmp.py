"""XMP: where the mark stands that a picture was made by a model, in words that every program shares.

IPTC's property ``DigitalSourceType`` says how a picture came to be, by a term of IPTC's own list; search engines and
platforms read it.  Beside it stands the recipe, for files that have no place of their own for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE = TERMS + "trainedAlgorithmicMedia"
"""Wholly by a model."""
EDITED = TERMS + "compositeWithTrainedAlgorithmicMedia"
"""By a model, over or around a picture that it did not make."""

IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
STUDIO = "urn:diffusion-studio:"
"""Namespaces: IPTC's extension of XMP, RDF, and our own."""

NO_XML = re.compile("[\ufffe\uffff]")
"""The two characters of JSON that XML cannot have, of those that JSON has not escaped already."""

KEYWORD = "XML:com.adobe.xmp"
"""Of the text chunk that holds XMP in PNG."""

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="{rdf}">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{iptc}" xmlns:studio="{studio}">
{properties}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True)
class Xmp:
    """What is said in XMP, each empty where it is not: how the picture came to be, and the recipe as JSON.

    ``credentials``: of an input that we keep, that its own file had content credentials, which our copy cannot have.
    """

    source_type: str = ""
    recipe: str = ""
    credentials: bool = False

    def packet(self) -> str:
        """As the text of an XMP packet."""
        lines = []
        if self.source_type:
            lines.append(
                f"   <Iptc4xmpExt:DigitalSourceType>{escape(self.source_type)}</Iptc4xmpExt:DigitalSourceType>"
            )
        if self.credentials:
            lines.append("   <studio:credentials>True</studio:credentials>")
        if self.recipe:
            lines.append(f"   <studio:recipe>{escape(NO_XML.sub(_as_json, self.recipe))}</studio:recipe>")
        return PACKET.format(rdf=RDF, iptc=IPTC, studio=STUDIO, properties="\n".join(lines))


def _as_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def read(packet: str | bytes) -> Xmp:
    """What a packet says; nothing where it cannot be read.  Packets that define entities are not read."""
    data = packet.encode() if isinstance(packet, str) else packet
    if not data.strip() or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return Xmp()
    try:
        root = ElementTree.fromstring(data.rstrip(b"\x00 \r\n\t").decode("utf-8", "replace"))
    except (ElementTree.ParseError, ValueError):
        return Xmp()
    said = _said(root)
    kept = said.get(f"{{{STUDIO}}}credentials") == "True"
    return Xmp(said.get(f"{{{IPTC}}}DigitalSourceType", ""), said.get(f"{{{STUDIO}}}recipe", ""), kept)


def _said(root: ElementTree.Element) -> dict[str, str]:
    """Properties by their full names: XMP may write each as an attribute, an element, or a reference."""
    found: dict[str, str] = {}
    for element in root.iter():
        found |= {name: value.strip() for name, value in element.attrib.items()}
        text = (element.text or "").strip() or element.attrib.get(f"{{{RDF}}}resource", "")
        if text:
            found[str(element.tag)] = text
    return found
