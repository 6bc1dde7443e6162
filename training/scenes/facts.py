"""What can be true of a scene.

Facts come first and the picture is drawn from them, so a caption never has to guess: it reads the same facts.
"""

from dataclasses import dataclass

HOURS = ("dawn", "day", "sunset", "night")
WEATHERS = ("clear", "clouds", "storm", "rain", "snowfall", "fog", "rainbow")
GROUNDS = ("meadow", "desert", "snow", "lake", "sea", "beach", "autumn", "forest", "city")
FARS = ("nothing", "hills", "mountains", "snowy mountains", "skyline", "island")
STYLES = ("flat", "watercolour", "pixel art", "ink", "low poly", "neon")
FEATURES = ("road", "river", "fence", "bridge")
RELATIONS = ("beside", "behind", "in front of", "above")
PLACES = ("left", "centre", "right")

WALLS = ("red", "blue", "yellow", "white", "pink")
ROOFS = ("red", "blue", "green", "purple")
SAILS = ("red", "white", "yellow", "blue", "orange")
COLOURS = {
    "house": WALLS,
    "tower": ("grey", "red", "yellow", "white"),
    "windmill": ("white", "red", "blue"),
    "lighthouse": ("red", "blue"),
    "boat": SAILS,
    "balloon": ("red", "blue", "yellow", "orange", "purple", "green"),
    "birds": ("white", "black"),
    "figure": ("red", "yellow", "blue", "purple", "orange"),  # the coat
    "tree": ("green", "pink"),
    "bush": ("green",),
    "pine": ("green",),
    "palm": ("green",),
    "cactus": ("green",),
}
AUTUMN_LEAVES = ("orange", "red", "yellow")
FLOWERS = ("red", "yellow", "white", "purple", "pink")
STANDING = {
    "meadow": ("house", "tree", "windmill", "pine", "tower", "bush", "figure"),
    "desert": ("cactus", "palm", "house", "tower", "figure"),
    "snow": ("house", "pine", "tower", "figure"),
    "lake": ("boat", "boat", "house", "tree", "pine", "figure"),
    "sea": ("boat", "boat", "lighthouse"),
    "beach": ("boat", "palm", "palm", "lighthouse", "house", "figure"),
    "autumn": ("house", "tree", "windmill", "bush", "figure"),
    "forest": ("house", "tower", "bush", "figure"),
    "city": ("house", "tree", "bush", "figure"),
}
FLYING = ("balloon", "birds")
GROUPS = ("house", "tree", "bush", "pine", "palm", "cactus", "boat", "balloon", "figure")
BEHIND_GROUND = {  # what can be seen beyond each ground
    "meadow": ("nothing", "hills", "mountains", "snowy mountains", "skyline"),
    "desert": ("nothing", "hills", "mountains", "snowy mountains"),
    "snow": ("nothing", "hills", "mountains", "snowy mountains"),
    "lake": ("nothing", "hills", "mountains", "snowy mountains", "skyline"),
    "sea": ("nothing", "mountains", "snowy mountains", "skyline", "island"),
    "beach": ("nothing", "hills", "mountains", "snowy mountains", "island"),
    "autumn": ("nothing", "hills", "mountains", "snowy mountains", "skyline"),
    "forest": ("nothing", "mountains", "snowy mountains"),
    "city": ("nothing", "mountains", "snowy mountains"),
}
CROSSING = {  # what can run through each ground
    "meadow": ("road", "river", "fence", "bridge"),
    "desert": ("road",),
    "snow": ("road", "river", "fence"),
    "autumn": ("road", "river", "fence", "bridge"),
    "forest": ("road", "river", "bridge"),
}


@dataclass(frozen=True)
class Thing:
    """One kind of thing: a single one at a place, or two or three of them side by side (then place is empty).

    A thing that is beside another has no place of its own either. Birds are one flock. A roof without a colour is as
    roofs are.
    """

    kind: str
    colour: str
    place: str = ""
    count: int = 1
    roof: str = ""


@dataclass(frozen=True)
class Facts:
    """All that is true of a scene and may be said of it. An empty word means that there is nothing to say."""

    hour: str
    ground: str
    far: str = "nothing"
    weather: str = "clear"
    style: str = "flat"
    light: str = ""  # "sun", "moon"
    lightning: bool = False
    flowers: str = ""  # their colour
    feature: str = ""  # one of FEATURES
    things: tuple[Thing, ...] = ()
    relation: str = ""  # how the first thing stands to the second, one of RELATIONS

    @property
    def clouds(self) -> bool:
        return self.weather in ("clouds", "storm", "rain", "snowfall")

    @property
    def stars(self) -> bool:
        return self.hour == "night" and self.weather in ("clear", "clouds")
