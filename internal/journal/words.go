package journal

// wordList gives a word for each byte. They are short, common, and hard to take
// for each other.
var wordList = [256]string{
	"acid", "acorn", "actor", "agent", "album", "alley", "amber", "angle", "ankle", "apple", "apron", "arrow",
	"atlas", "attic", "autumn", "bacon", "badge", "bagel", "baker", "bamboo", "banjo", "barrel", "basin", "basket",
	"beach", "beacon", "beaver", "bell", "bench", "berry", "bird", "bishop", "blade", "blanket", "bonus", "book",
	"border", "bottle", "bowl", "branch", "bread", "brick", "bridge", "bronze", "brother", "brush", "bucket", "butter",
	"button", "cabin", "cable", "cactus", "camel", "camera", "canal", "candle", "canyon", "captain", "carbon", "cargo",
	"carpet", "castle", "cedar", "chain", "chair", "chalk", "cherry", "chess", "cinema", "circle", "citizen", "clay",
	"cliff", "clock", "cloud", "coast", "cobra", "coffee", "comet", "copper", "coral", "corner", "cotton", "cradle",
	"crater", "crow", "crystal", "curtain", "dancer", "desert", "diamond", "dinner", "doctor", "dolphin", "donkey", "dragon",
	"drum", "eagle", "early", "earth", "echo", "eleven", "ember", "empire", "engine", "evening", "fabric", "falcon",
	"farmer", "feather", "fiddle", "field", "finger", "flame", "flute", "forest", "fossil", "fountain", "fox", "galaxy",
	"garden", "garlic", "giant", "ginger", "glacier", "glove", "goat", "golden", "granite", "grape", "gravel", "guitar",
	"hammer", "harbor", "harvest", "hawk", "helmet", "heron", "hockey", "honey", "horizon", "hotel", "island", "ivory",
	"jacket", "jaguar", "jasmine", "jelly", "jungle", "kettle", "kitten", "ladder", "lagoon", "lantern", "laser", "lemon",
	"leopard", "library", "lily", "linen", "lion", "lizard", "lobster", "lotus", "lunch", "magnet", "mango", "maple",
	"marble", "market", "meadow", "melon", "mirror", "monkey", "morning", "motor", "mountain", "museum", "needle", "ninety",
	"noodle", "north", "novel", "nutmeg", "oasis", "ocean", "olive", "onion", "orange", "orchid", "otter", "oven",
	"oyster", "paddle", "palace", "panda", "panther", "paper", "parrot", "pebble", "pencil", "penguin", "pepper", "piano",
	"pillow", "pilot", "pirate", "planet", "pocket", "poet", "pony", "potato", "puzzle", "quartz", "rabbit", "radio",
	"rainbow", "raven", "ribbon", "river", "robin", "rocket", "saddle", "salmon", "sand", "satin", "saturn", "seven",
	"shadow", "silver", "spider", "spring", "summer", "sunset", "tango", "temple", "thunder", "tiger", "timber", "tomato",
	"tulip", "tunnel", "turtle", "twelve", "uncle", "valley", "velvet", "violin", "walnut", "water", "whale", "window",
	"winter", "wizard", "zebra", "zero",
}
