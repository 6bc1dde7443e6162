"""What each fact is called: the tables that captions choose from."""

HOURS = {
    "dawn": ("at dawn", "at sunrise", "in the early morning", "in the morning"),
    "day": ("by day", "in daylight", "at noon", "in the daytime", "during the day"),
    "sunset": ("at sunset", "at dusk", "in the evening", "in the evening light"),
    "night": ("at night", "under the stars", "on a starry night", "under a starry sky", "by night"),
}
HOUR_NAMES = {
    "dawn": ("dawn", "a pink dawn", "a sunrise", "an early morning"),
    "day": ("a blue sky", "a bright day", "a summer day"),
    "sunset": ("a sunset", "a red sunset", "an orange sunset", "dusk"),
    "night": ("a starry night", "a dark night", "a night sky", "stars"),
}
HOUR_TAGS = {
    "dawn": ("dawn", "sunrise", "morning"),
    "day": ("day", "daylight", "daytime"),
    "sunset": ("sunset", "evening", "dusk"),
    "night": ("night", "night time"),
}
WEATHERS = {
    "storm": ("in a storm", "on a stormy day", "under dark clouds", "in stormy weather", "during a thunderstorm"),
    "rain": ("in the rain", "on a rainy day", "in pouring rain", "in rainy weather", "while it rains"),
    "snowfall": ("in falling snow", "while it snows", "during a snowfall", "in a snowstorm"),
    "fog": ("in fog", "in the fog", "in the mist", "on a foggy day", "in thick fog"),
    "rainbow": ("under a rainbow", "with a rainbow", "beneath a rainbow"),
}
WEATHER_TAGS = {
    "storm": ("a storm", "a dark storm", "a grey sky", "dark clouds", "stormy weather", "storm", "stormy"),
    "rain": ("rain", "heavy rain", "rainy", "rainy weather"),
    "snowfall": ("falling snow", "snowfall", "snowflakes"),
    "fog": ("fog", "mist", "foggy", "misty", "thick fog"),
    "rainbow": ("a rainbow", "rainbow", "a bright rainbow"),
}
GROUNDS = {
    "meadow": ("a meadow", "a green meadow", "a grassy field", "a green field", "green grass"),
    "desert": ("the desert", "a desert", "a sandy desert", "desert dunes", "sand dunes"),
    "snow": ("a snowy field", "the snow", "a snowy landscape", "a winter landscape", "a winter field"),
    "lake": ("a lake", "a blue lake", "a calm lake", "a quiet lake"),
    "sea": ("the sea", "the ocean", "the open sea", "the sea with waves"),
    "beach": ("a beach", "the beach", "a sandy beach", "the seaside"),
    "autumn": ("an autumn field", "a golden field", "an autumn landscape", "a field in autumn", "a yellow field"),
    "forest": ("a forest", "the forest", "the woods", "a green forest", "a forest clearing"),
    "city": ("a city", "the city", "a city street", "a street", "a town"),
}
WHERE = {
    "meadow": ("in", "on"),
    "desert": ("in",),
    "snow": ("in",),
    "lake": ("by", "at"),
    "sea": ("by", "at", "in"),
    "beach": ("on", "at", "by"),
    "autumn": ("in",),
    "forest": ("in",),
    "city": ("in",),
}
FARS = {
    "hills": ("hills", "rolling hills", "soft hills", "distant hills"),
    "mountains": ("mountains", "rocky mountains", "grey mountains", "bare mountains", "rocky peaks"),
    "snowy mountains": ("snowy mountains", "snow-capped mountains", "mountains with snow", "white mountains"),
    "nothing": ("a wide horizon", "an open horizon", "a flat horizon", "no mountains"),
    "skyline": ("a skyline", "a city skyline", "a distant skyline", "tall buildings"),
    "island": ("an island", "a small island", "a green island", "a distant island"),
}
FEATURES = {
    "road": ("a road", "a winding road", "a path", "a country road"),
    "river": ("a river", "a winding river", "a stream"),
    "fence": ("a fence", "a wooden fence", "a long fence"),
    "bridge": ("a bridge", "a stone bridge", "a bridge over a river"),
}
LIGHTS = {
    "sun": ("the sun", "a bright sun"),
    "moon": ("the moon", "a bright moon", "a full moon"),
    "lightning": ("lightning", "a bolt of lightning"),
    "clouds": ("clouds", "a cloudy sky", "some clouds"),
    "clear": ("a clear sky",),
}
BEHIND = ("behind", "in the distance", "in the background", "far away")
PLACES = {
    "left": ("on the left", "to the left", "on the left side"),
    "centre": ("in the middle", "in the center", "in the centre"),
    "right": ("on the right", "to the right", "on the right side"),
}
RELATIONS = {
    "beside": ("beside", "next to"),
    "behind": ("behind",),
    "in front of": ("in front of",),
    "above": ("above", "over"),
}
NOUNS = {
    "house": ("house", "house", "cottage", "hut"),
    "tower": ("tower", "castle tower", "castle"),
    "tree": ("tree",),
    "bush": ("bush", "shrub"),
    "pine": ("pine tree", "pine", "fir tree"),
    "palm": ("palm tree", "palm"),
    "cactus": ("cactus",),
    "lighthouse": ("lighthouse",),
    "windmill": ("windmill", "mill"),
    "boat": ("boat", "sailboat", "sailing boat", "ship"),
    "balloon": ("balloon", "hot air balloon", "hot-air balloon"),
    "birds": ("birds",),
    "figure": ("person", "figure"),
}
PLURALS = {"cactus": "cacti", "bush": "bushes", "person": "people"}
NUMBERS = {2: ("two", "a pair of", "2"), 3: ("three", "3")}
STARTS = ("a picture of", "an illustration of", "a painting of", "a drawing of", "a view of")
PLAIN_STARTS = ("a picture of", "a view of")  # true of every style
STYLE_STARTS = {
    "flat": ("a flat illustration of", "a flat picture of"),
    "watercolour": ("a watercolour of", "a watercolor of", "a watercolour painting of", "a watercolor painting of"),
    "pixel art": ("pixel art of", "a pixel art picture of"),
    "ink": ("an ink drawing of", "a pen and ink drawing of", "an ink sketch of"),
    "low poly": ("a low poly picture of", "low poly art of", "a low poly view of"),
    "neon": ("a neon picture of", "neon art of", "a glowing neon picture of"),
}
STYLE_TAGS = {
    "flat": ("flat illustration", "flat style", "in a flat style"),
    "watercolour": (
        "watercolour", "watercolor", "watercolour painting", "in the style of a watercolour", "in watercolour",
    ),
    "pixel art": ("pixel art", "pixel art style", "in the style of pixel art"),
    "ink": ("ink drawing", "ink sketch", "in ink", "in the style of an ink drawing"),
    "low poly": ("low poly", "low poly style", "in low poly style", "in the style of low poly art"),
    "neon": ("neon", "neon lights", "in neon style", "glowing neon"),
}  # fmt: skip
SCENES = ("landscape", "scene", "view")
TABLES = (
    HOURS, HOUR_NAMES, HOUR_TAGS, WEATHERS, WEATHER_TAGS, GROUNDS, WHERE, FARS, FEATURES, LIGHTS, PLACES, RELATIONS,
    NOUNS, NUMBERS, STYLE_STARTS, STYLE_TAGS,
)  # fmt: skip
OTHERS = (
    "a an and with over on flowers flock of sail roof coat coats in wearing - ,",
    "red white blue yellow orange green pink purple grey black cherry",
)
