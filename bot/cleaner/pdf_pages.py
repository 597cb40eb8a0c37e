"""Pages of a PDF, built anew from what draws them (ISO 32000-1; its tables and sections stand beside the lists).

Of each object only the keys that its kind may have go over, each with a value of the sort that it may have; of each
program only the operators that draw, with the operands that they take. So no key, string, name or comment that an
author, a scanner or a word processor put there has a place to stay in.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pikepdf import Array, Dictionary, Name, Operator, Page, Pdf, Stream, String, parse_content_stream
from pikepdf import unparse_content_stream as unparsed

from bot.cleaner import pdf_drawing, pdf_objects


def rebuilt(old: Pdf) -> Pdf:
    """A document with the same pages."""
    anew = _Rebuild(old)
    for page in old.pages:
        anew.page(page)
    return anew.new


class _Rebuild:
    """One document on its way into a new one; each method takes a value of one sort over, or gives None."""

    def __init__(self, old: Pdf) -> None:
        self.new = Pdf.new()
        self._done: dict[tuple[tuple[int, int], str], Any] = {}
        self._salt = os.urandom(16)
        self._off = _layers_off(old)

    # --- the shape of it

    def page(self, page: Page) -> None:
        """One page, with what it inherits."""
        found = {key: value for key in pdf_drawing.PAGE if (value := _inherited(page.obj, f"/{key}")) is not None}
        made = Dictionary(Type=Name.Page, **self._taken(found, pdf_drawing.PAGE))
        program = self._program(page, found.get("Resources")) if "/Contents" in page.obj else b""
        made.Contents = self.new.make_stream(b"")
        pdf_objects.write(made.Contents, program)
        self.new.pages.append(Page(self.new.make_indirect(made)))

    def _taken(self, old: Mapping[str, Any] | Dictionary | Stream, sorts: pdf_drawing.Sorts) -> dict[str, Any]:
        found = {}
        for key, sort in sorts.items():
            value = old.get(key if isinstance(old, dict) else f"/{key}")
            new = None
            if isinstance(sort, str):
                new = None if value is None else getattr(self, sort)(value)
            elif isinstance(value, Name) and str(value)[1:] in sort:
                new = _name(value)
            if new is not None:
                found[key] = new
        return found

    def _once(self, old: Any, sort: str, made: Any, fill: Callable[[Any], None]) -> Any:
        """An object that others may name too, and that may name itself."""
        key = (old.objgen, sort)
        if old.is_indirect and key in self._done:
            return self._done[key]
        new = self.new.make_indirect(made)
        if old.is_indirect:
            self._done[key] = new
        fill(new)
        return new

    def _object(self, old: Any, sort: str, sorts: pdf_drawing.Sorts, data: Callable[[Any], bytes] | None = None) -> Any:
        """A dictionary, or a stream whose bytes `data` gives, with the keys of its sort."""

        def fill(new: Any) -> None:
            if isinstance(new, Stream) and data:
                pdf_objects.write(new, data(old))
            for key, value in self._taken(old, sorts).items():
                new[f"/{key}"] = value

        streamed = isinstance(old, Stream)
        if not (streamed or isinstance(old, Dictionary)) or (streamed and not data):
            return None
        return self._once(old, sort, self.new.make_stream(b"") if streamed else Dictionary(), fill)

    # --- sorts of values

    def number(self, value: Any) -> Any:
        """A number or a truth."""
        return value if isinstance(value, (bool, int, float, Decimal)) else None

    def numbers(self, value: Any) -> Any:
        """An array of numbers, or of such arrays."""
        if not isinstance(value, Array):
            return None
        taken = [self.numbers(it) if isinstance(it, Array) else self.number(it) for it in value]
        return None if None in taken else Array(taken)

    def renamed(self, name: Any) -> Name:
        """A name that an author chose, without what it said."""
        return Name("/N" + hashlib.blake2b(str(name).encode(), key=self._salt, digest_size=8).hexdigest())

    def resources(self, old: Any) -> Any:
        """What a program may name."""
        if not isinstance(old, Dictionary):
            return None

        def fill(new: Any) -> None:
            for group, sort in pdf_drawing.RESOURCES.items():
                entries = old.get(f"/{group}")
                taken = {}
                for name, value in entries.items() if isinstance(entries, Dictionary) else ():
                    if (one := getattr(self, sort)(value)) is not None:
                        standard = name in {"/DefaultGray", "/DefaultRGB", "/DefaultCMYK"}
                        taken[name if standard else str(self.renamed(name))] = one
                new[f"/{group}"] = Dictionary(taken)

        return self._once(old, "resources", Dictionary(), fill)

    def state(self, old: Any) -> Any:
        """A graphics state."""
        return self._object(old, "state", pdf_drawing.STATE)

    def blend(self, old: Any) -> Any:
        """A blend mode, or the first known of several."""
        names = old if isinstance(old, Array) else [old]
        return next((_name(it) for it in names if isinstance(it, Name) and str(it)[1:] in pdf_drawing.BLENDS), None)

    def soft_mask(self, old: Any) -> Any:
        """A mask by a group, or none."""
        return Name.None_ if old == Name("/None") else self._object(old, "soft mask", pdf_drawing.SOFT_MASK)

    def font_and_size(self, old: Any) -> Any:
        """A font that a graphics state sets."""
        return Array([self.font(old[0]), self.number(old[1])]) if isinstance(old, Array) and len(old) == 2 else None

    def function(self, old: Any) -> Any:
        """A function, or several."""
        if isinstance(old, Array):
            taken = [self.function(it) for it in old]
            return None if None in taken else Array(taken)
        if isinstance(old, Name):
            return _name(old) if str(old) in {"/Identity", "/Default"} else None
        return self._object(old, "function", pdf_drawing.FUNCTION, pdf_objects.function)

    def colour(self, old: Any) -> Any:
        """A colour space (8.6)."""
        if isinstance(old, Name):
            return _name(old) if str(old)[1:] in pdf_drawing.DEVICES else self.renamed(old)
        if not isinstance(old, Array) or not len(old):
            return None
        head, rest = str(old[0])[1:], list(old)[1:]
        if head in {"CalGray", "CalRGB", "Lab"}:
            return Array([_name(old[0]), Dictionary(self._taken_keys(rest[0], pdf_drawing.CALIBRATED))])
        if head == "ICCBased":
            return Array([Name.ICCBased, self._object(rest[0], "profile", pdf_drawing.PROFILE, pdf_objects.profile)])
        if head in {"Indexed", "I"}:
            return self._indexed(*rest[:3])
        if head in {"Separation", "DeviceN"}:
            inks = [rest[0]] if head == "Separation" else list(rest[0])
            inks = [_name(it) if str(it)[1:] in pdf_drawing.INKS else self.renamed(it) for it in inks]
            named = inks[0] if head == "Separation" else Array(inks)
            return Array([_name(old[0]), named, self.colour(rest[1]), self.function(rest[2])])
        if head == "Pattern":
            return Array([Name.Pattern, self.colour(rest[0])]) if rest else Name.Pattern
        return Array([_name(old[0])]) if head in pdf_drawing.DEVICES else None

    def _taken_keys(self, old: Any, sorts: pdf_drawing.Sorts) -> dict[str, Any]:
        return {f"/{key}": value for key, value in self._taken(old, sorts).items()}

    def _indexed(self, base: Any, most: Any, table: Any) -> Any:
        inner = self.colour(base)
        data = pdf_objects.plain(table) if isinstance(table, Stream) else bytes(table)
        return Array([Name.Indexed, inner, int(most), String(data[: (int(most) + 1) * _components(inner)])])

    def shading(self, old: Any) -> Any:
        """A smooth transition."""
        return self._object(old, "shading", pdf_drawing.SHADING, pdf_objects.plain)

    def pattern(self, old: Any) -> Any:
        """A tile or a shading to paint with."""
        return self._object(old, "pattern", pdf_drawing.PATTERN, lambda it: self._program(it, it.get("/Resources")))

    def group(self, old: Any) -> Any:
        """How a form's transparency is put together."""
        return self._object(old, "group", pdf_drawing.GROUP)

    def mask(self, old: Any) -> Any:
        """Colours that are clear, or a picture that says where."""
        return self.numbers(old) if isinstance(old, Array) else self.xobject(old)

    def xobject(self, old: Any) -> Any:
        """A picture or a form; nothing of a layer that is off."""
        if not isinstance(old, Stream) or self._is_off(old.get("/OC")):
            return None
        if old.get("/Subtype") == Name.Form:
            sorts: pdf_drawing.Sorts = {**pdf_drawing.FORM, "Subtype": frozenset({"Form"})}
            return self._object(old, "form", sorts, lambda it: self._program(it, it.get("/Resources")))
        if old.get("/Subtype") != Name.Image and "/Width" not in old:
            return None
        return self._once(old, "image", self.new.make_stream(b""), lambda new: self._fill_image(old, new))

    def _fill_image(self, old: Any, new: Any) -> None:
        new.Type, new.Subtype = Name.XObject, Name.Image
        for key, value in self._taken(old, pdf_drawing.IMAGE).items():
            new[f"/{key}"] = value
        pdf_objects.image(old, new, _components(new.get("/ColorSpace")))

    # --- fonts

    def font(self, old: Any) -> Any:
        """A font of any kind."""
        made = self._object(old, "font", pdf_drawing.FONT)
        if made is not None:
            made.Type = Name.Font
        return made

    def fonts(self, old: Any) -> Any:
        """The font that a composite one stands on."""
        return Array([self.font(it) for it in old]) if isinstance(old, Array) else None

    def font_name(self, old: Any) -> Any:
        """What a font is called: viewers look for the one of that name where none is embedded."""
        return _name(old) if isinstance(old, Name) else None

    def encoding(self, old: Any) -> Any:
        """Which code is which glyph."""
        if isinstance(old, Name):
            return _name(old) if pdf_drawing.ENCODINGS.fullmatch(str(old)[1:]) else None
        if isinstance(old, Stream):
            return self.map(old)
        if not isinstance(old, Dictionary):
            return None
        made = Dictionary(Type=Name.Encoding)
        base, differences = old.get("/BaseEncoding"), old.get("/Differences")
        if isinstance(base, Name) and pdf_drawing.ENCODINGS.fullmatch(str(base)[1:]):
            made.BaseEncoding = _name(base)
        if isinstance(differences, Array):
            made.Differences = Array(
                [_name(it) if isinstance(it, Name) else it for it in differences if isinstance(it, (int, Name))]
            )
        return made

    def descriptor(self, old: Any) -> Any:
        """A font's measures, and its program."""
        made = self._object(old, "descriptor", pdf_drawing.DESCRIPTOR)
        if made is not None:
            made.Type = Name.FontDescriptor
        return made

    def program(self, old: Any) -> Any:
        """An embedded font."""
        if not isinstance(old, Stream):
            return None
        return self._once(old, "program", self.new.make_stream(b""), lambda new: pdf_objects.font(old, new))

    def map(self, old: Any) -> Any:
        """A table from codes to characters."""
        if isinstance(old, Name):
            return _name(old) if pdf_drawing.ENCODINGS.fullmatch(str(old)[1:]) else None
        if not isinstance(old, Stream):
            return None
        collection = self.collection(old.get("/CIDSystemInfo"))

        def fill(new: Any) -> None:
            pdf_objects.write(new, pdf_objects.character_map(old))
            if old.get("/Type") == Name.CMap:
                new.Type, new.CMapName, new.WMode = Name.CMap, Name.CMap, int(old.get("/WMode", 0))
                new.CIDSystemInfo = collection or Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0)

        return self._once(old, "map", self.new.make_stream(b""), fill)

    def collection(self, old: Any) -> Any:
        """Whose characters a composite font counts."""
        if not isinstance(old, Dictionary):
            return None
        ordering = str(old.get("/Ordering", ""))
        known = ordering if ordering in pdf_drawing.COLLECTIONS else "Identity"
        supplement = self.number(old.get("/Supplement", 0)) or 0
        return Dictionary(Registry=String("Adobe"), Ordering=String(known), Supplement=supplement)

    def glyphs(self, old: Any) -> Any:
        """From a character's number to its glyph's."""
        if isinstance(old, Name):
            return Name.Identity
        return self._object(old, "glyphs", {}, pdf_objects.plain)

    def procedures(self, old: Any) -> Any:
        """The glyphs of a font that are programs themselves."""
        if not isinstance(old, Dictionary):
            return None
        return Dictionary(
            {
                name: self._object(it, "procedure", {}, lambda glyph: self._program(glyph, None))
                for name, it in old.items()
                if isinstance(it, Stream)
            }
        )

    # --- programs

    def _program(self, old: Any, resources: Any) -> bytes:
        """What draws a page, form, tile or glyph: only drawing (annex A)."""
        return b"\n".join(self._drawing(old, resources))

    def _drawing(self, old: Any, resources: Any) -> Iterator[bytes]:
        marked: list[bool] = []  # for each span of marked content around, whether its layer is off
        modes = [0]  # of text, by saved state
        run: list[Any] = []
        for item in parse_content_stream(old):
            operator = str(item.operator)
            if operator in {"BMC", "BDC"}:
                marked.append(operator == "BDC" and self._is_off_here(list(item.operands), resources))
            elif operator == "EMC":
                del marked[-1:]
            elif operator == "INLINE IMAGE":
                if not any(marked):
                    yield unparsed(run)
                    yield pdf_objects.inline(item.iimage, self)  # type: ignore[union-attr]
                    run = []
            elif operator in pdf_drawing.OPERANDS:
                _follow(operator, item.operands, modes)
                gone = (
                    pdf_drawing.PAINTED if any(marked) else pdf_drawing.SHOWN if modes[-1] == pdf_drawing.UNSEEN else {}
                )
                left = gone.get(operator, operator)
                if left:
                    run.append((self._operands(item.operands, operator) if left == operator else [], Operator(left)))
        yield unparsed(run)

    def _operands(self, operands: Any, operator: str) -> list[Any]:
        allowed = pdf_drawing.OPERANDS[operator]
        return [new for it in operands if (new := self._operand(it, allowed, operator)) is not None]

    def _operand(self, it: Any, allowed: str, operator: str) -> Any:
        if isinstance(it, (bool, int, float, Decimal)):
            return it if "n" in allowed else None
        if isinstance(it, String):
            return it if "s" in allowed else None
        if isinstance(it, Array):
            if "t" in allowed:
                return Array([one for one in it if isinstance(one, (int, float, Decimal, String))])
            return self.numbers(it) if "a" in allowed else None
        if not isinstance(it, Name) or "N" not in allowed:
            return None
        if operator == "ri":
            return _name(it) if str(it)[1:] in pdf_drawing.INTENTS else None
        return self.colour(it) if operator in {"cs", "CS"} else self.renamed(it)

    # --- layers

    def _is_off_here(self, operands: list[Any], resources: Any) -> bool:
        if len(operands) != 2 or operands[0] != Name.OC or not isinstance(operands[1], Name):
            return False
        named = resources.get("/Properties") if isinstance(resources, Dictionary) else None
        return self._is_off(named.get(str(operands[1]))) if isinstance(named, Dictionary) else False

    def _is_off(self, layer: Any) -> bool:
        """Whether a layer, or what a membership of several asks of them (table 99), is not shown."""
        if not isinstance(layer, Dictionary):
            return False
        if layer.get("/Type") != Name.OCMD:
            return layer.objgen in self._off
        layers = layer.get("/OCGs")
        several = list(layers) if isinstance(layers, Array) else [layers]
        off = [it.objgen in self._off for it in several if isinstance(it, Dictionary)]
        shown = {"/AllOn": not any(off), "/AllOff": all(off), "/AnyOff": any(off)}
        return bool(off) and not shown.get(str(layer.get("/P")), not all(off))


def _name(name: Any) -> Name:
    """The same name, in no document."""
    return Name(str(name))


def _follow(operator: str, operands: Any, modes: list[int]) -> None:
    """How text is rendered from here on."""
    if operator == "q":
        modes.append(modes[-1])
    elif operator == "Q":
        del modes[max(1, len(modes) - 1) :]
    elif operator == "Tr" and len(operands):
        modes[-1] = int(operands[0])


def _inherited(page: Any, key: str) -> Any:
    """A page's value, or its folder's (7.7.3.4)."""
    for _ in range(64):
        if page is None or key in page:
            break
        page = page.get("/Parent")
    return None if page is None else page.get(key)


def _layers_off(old: Pdf) -> frozenset[tuple[int, int]]:
    """The layers that a viewer does not show at first (8.11.4.3)."""
    properties = old.Root.get("/OCProperties")
    if not isinstance(properties, Dictionary):
        return frozenset()
    setting = properties.get("/D", Dictionary())
    off = {it.objgen for it in setting.get("/OFF", Array())}
    if setting.get("/BaseState") == Name.OFF:
        off |= {it.objgen for it in properties.get("/OCGs", Array())}
        off -= {it.objgen for it in setting.get("/ON", Array())}
    return frozenset(off)


def _components(colour: Any) -> int:
    """How many numbers a colour has; 0 where that is not known."""
    if isinstance(colour, Array):
        head = str(colour[0])
        if head == "/DeviceN":
            return len(colour[1])
        if head == "/ICCBased":
            return int(colour[1].get("/N", 3))
        return {"/CalGray": 1, "/CalRGB": 3, "/Lab": 3, "/Indexed": 1, "/Separation": 1}.get(head, 0)
    return {"/DeviceGray": 1, "/G": 1, "/DeviceRGB": 3, "/RGB": 3, "/DeviceCMYK": 4, "/CMYK": 4}.get(str(colour), 0)
