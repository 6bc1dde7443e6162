"""What is said about the model: in its card, in the studio, and as prompts on sheets of samples."""

TITLE = "Meadow"
DRAWS = (
    "Painted landscapes from dawn to storm: meadows, deserts, snow, lakes, beaches, autumn fields. Houses, trees, "
    "cacti, boats and balloons come out roughly, and not always where you say."
)
EXAMPLES = [
    "the desert at dusk, a cactus",
    "a calm lake at dawn, clouds",
    "a pine tree in a green meadow by day, hills in the distance",
    "a sandy beach at noon, a boat",
    "a golden field in the evening, a red tree",
    "snowy mountains at night, a full moon",
    "a green meadow in a storm, dark clouds",
    "an autumn field in the morning, mountains in the distance",
    "a starry night over the sea",
    "a palm tree on the beach at sunset",
]
SHORT = [  # for the sheets that a training writes
    "a red house",
    "a sunset over the sea",
    "snowy mountains at night",
    "a cactus in the desert",
    "two balloons",
    "a tree on the left",
    "a watercolour of a lake at dawn",
    "pixel art, a blue house in the snow",
    "an ink drawing of a windmill",
    "a low poly forest",
    "a neon city at night",
    "a red boat in the rain",
]
