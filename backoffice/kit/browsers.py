"""Browsers as people name them: "Firefox on Windows" rather than the line that the browser sends about itself."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The same program and system under the names that people know them by.
PROGRAMS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Chrome",
    "Mobile Safari": "Safari",
    "Opera Mobile": "Opera",
}
SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
# An unknown program is shown by the beginning of what it says about itself.
SHOWN = 40


def browser_in_words(agent: str) -> str:
    """Return program and system of a User-Agent in words; an unknown program in its own words, shortened."""
    # Imported here: its tables take eight megabytes, which only a process that shows a browser needs.
    from ua_parser import parse_os, parse_user_agent

    program, system = parse_user_agent(agent), parse_os(agent)
    if program is None:
        return agent[:SHOWN] or _("unknown")
    name = PROGRAMS.get(program.family, program.family)
    if system is None:
        return name
    return _("%(browser)s on %(system)s") % {"browser": name, "system": SYSTEMS.get(system.family, system.family)}
