"""The page of the map, built by folium: the element, the map object, and the controls that belong to every map.

folium writes strings into script literals, so what users type would run even when escaped (design.md §8). Hence it
builds the shell only: nothing here takes a word from the database. The shell does not change between requests, so
`manage.py map shell` writes it to templates/gis/_map_shell.html, a test holds the file to this module, and no web
process loads folium (a second and 40 MB). Projects, parks and words come as JSON and are drawn by static/js/map-*.js.
"""

import re

LEAFLET = "vendor/leaflet-1.9.4"
MAX_ZOOM = 18
NAME = "luodi"
"""The element is `map_luodi`, the variable of the map object too."""

_SPACES = re.compile(r"\n\s*\n+")


def folium_map(center: tuple[float, float] = (35.0, 105.0), zoom: int = 5, name: str = NAME):
    """Return the folium map: vendored Leaflet, no tiles, our layers and controls as its plugins."""
    import folium
    from branca.element import MacroElement, Template

    class LocalMap(folium.Map):
        """A folium map that loads nothing but Leaflet, from our own address."""

        default_js = [("leaflet", f"{LEAFLET}/leaflet.js")]
        default_css = [("leaflet_css", f"{LEAFLET}/leaflet.css")]

    class Plugin(MacroElement):
        """One of our plugins, as folium's own are: a call on the map object. `call` is a constant of this module."""

        def __init__(self, call: str):
            super().__init__()
            self._name = "Plugin"
            self._template = Template(
                "{% macro script(this, kwargs) %}LuodiMap." + call + "({{ this._parent.get_name() }});{% endmacro %}"
            )

    shell = LocalMap(
        location=center,
        zoom_start=zoom,
        tiles=None,
        zoom_control=False,
        control_scale=False,
        keyboard=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
        attribution_control=False,
        world_copy_jump=False,
    )
    shell.options |= {"maxZoom": MAX_ZOOM, "minZoom": 3}  # folium gives `max_zoom` to tiles only
    shell._id = name  # folium would draw a random one, and the file would never be the same twice
    for call in ("outlines", "points", "graticule", "scale"):
        Plugin(call).add_to(shell)
    return shell


def parts(shell) -> tuple[list[str], list[str], str, str]:
    """Return what folium made, apart: scripts and styles (static names), the element, the script."""
    root = shell.get_root()
    root.render()
    scripts = [url for _name, url in shell.default_js]
    styles = [url for _name, url in shell.default_css]
    element = root.html.render().strip()
    script = _SPACES.sub("\n", root.script.render()).strip()
    return scripts, styles, element, "\n".join(line.rstrip() for line in script.splitlines())


def page_shell() -> str:
    """Return the template of the page's map: folium's element and script, with our addresses and the page's nonce."""
    scripts, _styles, element, script = parts(folium_map())
    loads = "\n".join(f"<script src=\"{{% static '{name}' %}}\"></script>" for name in [*scripts, *OWN_SCRIPTS])
    return (
        "{% load static %}{# Written by `manage.py map shell` from gis/maps.py; never edited. #}"
        f'{{% if part == "element" %}}{element}{{% else %}}{loads}\n'
        f'<script nonce="{{{{ request.csp_nonce }}}}">\n{script}\n</script>{{% endif %}}\n'
    )


OWN_SCRIPTS = ("js/map-data.js", "js/map-paint.js", "js/map-layers.js")
"""What the shell needs of ours: reading the payload, drawing, the plugins. In this order."""
