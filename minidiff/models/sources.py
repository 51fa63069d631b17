"""What models learned from, and under which licence: for their cards."""

from ..data.digits import COMMIT as SPEECH
from ..data.digits import DIGEST as SPEECH_DIGEST
from ..data.drums import COMMIT as HITS
from ..data.drums import DIGEST as HITS_DIGEST

SPOKEN = {
    "data": f"Free Spoken Digit Dataset at commit {SPEECH[:7]}, training split",
    "data_sha256": SPEECH_DIGEST,
    "licence": (
        "weights CC BY-SA 4.0, as the recordings: name the Free Spoken Digit "
        "Dataset and share changed weights alike. The sounds resemble six real "
        "people; do not pass them off as theirs"
    ),
}
IN_NOISE = SPOKEN | {
    "data": SPOKEN["data"] + ", in eleven background noises",
    "noise": "by those who stand in credits.txt beside the weights",
}
MADE = {
    "data": "the procedural sound garden, made by this package",
    "licence": "weights MIT, as the code that makes the sounds",
}
HITS_TOLD = {
    "data": f"drum-machines at commit {HITS[:7]}, 120 hits of eight machines, varied",
    "data_sha256": HITS_DIGEST,
    "licence": "weights MIT; the recordings are in the public domain",
}
