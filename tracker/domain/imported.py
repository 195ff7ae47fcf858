"""What a report from elsewhere may be taken to say: its severity, its factors, its advice.

Everything here would rather say nothing than guess: what is not recognised stays as text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_SEVERITY_NUMBER = re.compile(
    r"\b(?:sev(?:erity)?|p|prio(?:rity)?)[\s:.#-]*([0-5])\b", re.IGNORECASE
)
_SEVERITY_WORDS = (
    ("SEV1", re.compile(r"\b(?:critical|blocker|urgent)\b", re.IGNORECASE)),
    ("SEV2", re.compile(r"\b(?:major|high)\b", re.IGNORECASE)),
    ("SEV3", re.compile(r"\b(?:moderate|medium)\b", re.IGNORECASE)),
    ("SEV4", re.compile(r"\b(?:minor|low|cosmetic)\b", re.IGNORECASE)),
)

# Term of the taxonomy -> words that name it. A factor gets a term only when exactly one term is
# named, so a pattern here must be narrow: a wrong term misleads everybody who counts it.
_TERMS = {
    "expiry": r"expir(?:ed|y|ing|ation)\b.{0,60}\b(?:cert|token|licen[cs]e|domain|key|secret"
    r"|credential)"
    r"|\b(?:cert\w*|token|licen[cs]e|domain|key|credential)s?\b.{0,40}\bexpired?\b",
    "untested-path": r"\b(?:not|never|wasn.t|weren.t|without) (?:been )?(?:\w+ )?test(?:ed|ing)\b"
    r"|\buntested\b"
    r"|\black of (?:\w+ )?tests?(?:ing)?\b|\b(?:missing|insufficient|no) (?:\w+ )?tests?(?:ing)?\b",
    "no-gradual-rollout": r"\b(?:no|without|lack of|missing) (?:canary|gradual|staged|phased)"
    r"|\ball (?:clusters|regions|nodes|customers) at once\b",
    "hard-rollback": r"\b(?:no|unable to|could ?n[o']t|not possible to|impossible to|hard to"
    r"|difficult to) "
    r"(?:easily )?(?:roll ?back|revert)|\brollback (?:failed|was not possible|took)",
    "leftover-flag": r"\b(?:old|stale|leftover|unused|legacy) (?:feature )?flag\b"
    r"|\bdead code path\b",
    "saturation": r"\bout of (?:memory|disk|ip|connections|file|inodes)|\b(?:oom|oomkilled"
    r"|memory leak)\b"
    r"|\b(?:disk|volume|filesystem) (?:was |is |got |became )?full\b|\bran out of\b"
    r"|\bexhaust(?:ed|ion)\b"
    r"|\bsaturat(?:ed|ion)\b|\bip (?:address )?starvation\b",
    "quota": r"\bquota\b|\brate[- ]limit(?:s|ed|ing)?\b|\b(?:api|service|account) limits?\b",
    "traffic-shape": r"\b(?:unusual|unexpected|sudden|increased|high) (?:\w+ )?(?:traffic|load"
    r"|number of requests)\b"
    r"|\b(?:traffic|load) (?:spike|increase)|\borganic growth\b",
    "retry-storm": r"\bretry storm\b|\bthundering herd\b|\bretr(?:y|ies|ied"
    r"|ying)\b.{0,40}\b(?:overload|overwhelm|load)",
    "cold-cache": r"\bcold cache\b|\bcache (?:was |is )?(?:empty|flushed|cleared|invalidated)\b",
    "unvalidated-config": r"\b(?:mis-?configur\w+|wrong(?:ly)? config\w*|incorrect config\w*"
    r"|config(?:uration)? error|typo)\b",
    "config-drift": r"\b(?:config(?:uration)?|environment) drift\b"
    r"|\b(?:staging|test|sandbox)\b.{0,60}\b(?:differ(?:s|ent|ed)?|not the same)\b.{0,30}\bprod",
    "unsafe-default": r"\bdefaults? (?:value|setting|timeout|limit|config\w*|behaviou?r)\b",
    "vendor-failure": r"\b(?:provider|vendor|upstream|aws|gcp|azure|google cloud|cloudflare"
    r"|fastly|github)\b.{0,40}"
    r"\b(?:outage|was down|were down|incident|degraded|unavailable)\b",
    "hidden-dependency": r"\b(?:hidden|unknown|unexpected|implicit|circular"
    r"|undocumented) dependenc",
    "dependency-change": r"\b(?:breaking change|backwards?[- ]incompatible|incompatible (?:change"
    r"|version))\b",
    "naming-resolution": r"\bdns\b|\bname resolution\b|\bservice discovery\b|\bnameserver",
    "no-signal": r"\b(?:no|missing|lack of|without|insufficient) (?:\w+ ){0,2}(?:alert|alarm"
    r"|monitoring|metric|observability)"
    r"|\b(?:not|n.t) (?:\w+ )?(?:alerted|monitored|monitoring)\b",
    "late-signal": r"\b(?:alert|alarm)s?\b.{0,30}\b(?:too late|delayed|late)\b|\bdetection delay\b",
    "noisy-signal": r"\balert (?:fatigue|noise)\b|\b(?:noisy|too many) alerts?\b"
    r"|\b(?:false alarms|alert noise)\b",
    "misrouted-alert": r"\balerts?\b.{0,40}\b(?:wrong (?:channel|team|person)|went to|not routed"
    r"|misrouted)\b",
    "single-point": r"\bsingle (?:point of failure|node|instance|server|replica|reverse proxy"
    r"|\w+ proxy)\b"
    r"|\b(?:only|just) (?:one|1) (?:replica|instance|node|pod|replicaset|server)\b"
    r"|\bno redundancy\b",
    "missing-isolation": r"\bnoisy neighbou?r\b|\bshared (?:cluster|database|pool|node pool)\b"
    r"|\black of isolation\b"
    r"|\busing production as (?:a )?sandbox\b",
    "missing-backpressure": r"\b(?:no|missing|without(?: a)?|lack of) (?:back-?pressure|timeouts?"
    r"|circuit breaker|rate limit\w*)\b",
    "failover-gap": r"\bfail-?over\b.{0,40}\b(?:fail\w*|did ?n.t|not|never)\b",
    "concurrency": r"\brace condition\b|\bdeadlock|\bconcurren(?:cy|t)\b",
    "procedure-gap": r"\b(?:no|missing|lack of|outdated|out of date"
    r"|incomplete) (?:\w+ )?(?:runbook|documentation|procedure|process|escalation path)"
    r"|\b(?:not|undocumented|n.t) (?:\w+ )?documented\b",
    "handover": r"\bhand-?(?:over|off)\b",
    "ownership-unclear": r"\b(?:unclear|no clear|lack of|missing) owner(?:ship)?\b"
    r"|\bpersonal account\b",
    "competing-goals": r"\b(?:time pressure|tight deadline|rushed)\b",
    "knowledge-in-few": r"\b(?:lack of|missing|limited) (?:knowledge|experience)\b"
    r"|\bbus factor\b"
    r"|\bonly (?:one|1|two|2) (?:person|people|engineer)",
    "broad-access": r"\b(?:overly|too) (?:broad|permissive|wide)\b|\bhigher privileges\b"
    r"|\bexcessive (?:permission|privilege)",
    "secret-exposure": r"\b(?:leaked|exposed|stolen|stole|steal) .{0,40}\b(?:token|secret"
    r"|credential|key|password)"
    r"|\b(?:token|secret|credential|key|password)s?\b.{0,30}\b(?:leaked|exposed|stolen)\b",
    "access-missing": r"\b(?:did ?n.t have|no|lacked|missing|without) (?:\w+ )?(?:access"
    r"|permissions?)\b",
    "hostile-activity": r"\b(?:attacker|d?dos attack|ddos|malicious|spam(?:mers?)?|brute force)\b",
    "data-inconsistency": r"\b(?:out of sync|inconsisten(?:t|cy)|data drift)\b",
    "restore-gap": r"\b(?:no|missing|incomplete|corrupt(?:ed)?) backups?\b"
    r"|\brestore\b.{0,30}\b(?:fail|slow|took)",
    "schema-change": r"\bschema (?:change|migration|mismatch)\b|\bdatabase migration\b",
    "unexpected-data": r"\b(?:unexpected|malformed|invalid) (?:input|data|payload|record)",
}
_TERM_PATTERNS = {term: re.compile(words, re.IGNORECASE) for term, words in _TERMS.items()}
# A factor told at length names many things in passing; its beginning says what it is about.
_LONGEST_LOOK = 400

# A sentence ends before a capital letter, but not after "e.g." or the day in "On 17. June"; so does
# a paragraph and an item of a list.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!\d\.)(?<!\b\w\.)[\s*_`\"”)]+(?=[A-Z“\"(\[])"
    r"|\n{2,}|\n(?=\s*[-*+]\s|\s*\d+[.)]\s)"
)
_SHORTEST_SENTENCE = 20
# Looking back ("should have been") is no advice.
_ADVICE_WORDS = re.compile(
    r"\b(?:(?:should|must)(?:n.t| not)?(?! have\b)|ought to|needs? to|have to|has to|"
    r"recommend(?:ed)?"
    r"|be sure to|"
    r"it is (?:important|best|better) to|an idea would be|consider|avoid)\b",
    re.IGNORECASE,
)
_ADVICE_BEGINS = re.compile(
    r"^[\W_]*(?:if [^,.]{1,80}, )?(?:always|never|do(?: not)?|don.t|avoid|add|adopt|alert|ask|"
    r"audit|automate|be|build|"
    r"check|choose|clean|communicate|consider|create|define|deploy|design|diversify|document|"
    r"enable|encrypt|enforce|ensure|establish|expect|give|have|implement|improve|include|increase|"
    r"investigate|isolate|keep|limit|make|measure|minimi[sz]e|monitor|move|plan|practi[sc]e|"
    r"prefer|prepare|prevent|quickly|record|reduce|remove|replace|require|restrict|review|rotate|"
    r"run|separate|set|share|simplify|stop|store|test|train|treat|try|update|upgrade|use|"
    r"validate|verify|watch|write)\b(?!ing)",
    re.IGNORECASE,
)


def severity_of_text(text: str, known: Collection[str]) -> str:
    """The severity key that the text names, or ``""``: never a guess.

    ``SEV0`` counts as ``SEV1``; words count only when exactly one of them stands there.
    """
    number = _SEVERITY_NUMBER.search(text)
    if number:
        key = f"SEV{max(1, int(number.group(1)))}"
        return key if key in known else ""
    found = [key for key, words in _SEVERITY_WORDS if words.search(text)]
    return found[0] if len(found) == 1 and found[0] in known else ""


def term_of_factor(text: str, known: Collection[str]) -> str:
    """The taxonomy's term for a contributing factor, or ``""`` when none or several are named."""
    looked_at = text[:_LONGEST_LOOK]
    found = [
        term
        for term, pattern in _TERM_PATTERNS.items()
        if term in known and pattern.search(looked_at)
    ]
    return found[0] if len(found) == 1 else ""


def advice_in(text: str) -> str:
    """The sentences of a lesson that say what to do; ``""`` when none does."""
    said = [one.strip() for one in _SENTENCE_END.split(text) if one and one.strip()]
    advice = [one for one in said if _ADVICE_WORDS.search(one) or _ADVICE_BEGINS.search(one)]
    return "\n\n".join(advice)


def first_sentence(text: str, limit: int) -> str:
    """The first sentence that says something, on one line, at most ``limit`` characters."""
    for one in _SENTENCE_END.split(text):
        line = one_line(one or "", limit)
        # Headings, pictures and questions are how texts open, not what they are about.
        if len(line) >= _SHORTEST_SENTENCE and not line.endswith("?") and line[0] not in "#!|<":
            return line
    return ""


def one_line(text: str, limit: int) -> str:
    """The text on one line, shortened at a word with an ellipsis when it is too long."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > limit // 2 else head).rstrip(" ,;:") + "…"


def cut_text(text: str, limit: int) -> str:
    """The text, cut at a line's end with an ellipsis on its own line when it is too long."""
    if len(text) <= limit:
        return text
    head = text[: limit - 3]
    cut = head.rfind("\n")
    return (head[:cut] if cut > limit // 2 else head).rstrip() + "\n\n…"


def storable(text: str) -> str:
    """The text with what no database takes, NUL and lone surrogates, replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text
