"""What is said of files and shapes that do not go in: one fixed sentence for each word, with what to do about it.

`REFUSALS` are of whole files (`files_child`), `FAULTS` of single shapes (`geometry`), `REPAIRS` of what was mended.
"""

from django.utils.translation.trans_null import gettext_noop

REFUSALS = {
    "empty": gettext_noop("The file is empty (0 bytes). Save it again and upload it."),
    "ending": gettext_noop(
        "Files ending in %(ending)s are not read. Save the shapes as GeoJSON, GeoPackage, KML or a zipped Shapefile, "
        "or a table of coordinates as .xlsx or .csv."
    ),
    "table": gettext_noop(
        "Outlines come as GeoJSON, zipped Shapefile, GeoPackage or KML, or as a table of corners: a name and two "
        "coordinates in each row."
    ),
    "loose_shapefile": gettext_noop(
        "A Shapefile consists of several files. Put .shp, .shx, .dbf, .prj and .cpg into one .zip and upload that."
    ),
    "topojson": gettext_noop("This is TopoJSON, which is not read. Save it as GeoJSON (mapshaper or QGIS can)."),
    "esri_json": gettext_noop("This is Esri JSON, which is not read. Export the layer as GeoJSON or as a Shapefile."),
    "cad": gettext_noop(
        "CAD drawings are not read. Export the outlines from the drawing as a Shapefile and say which zone they are in."
    ),
    "osm": gettext_noop("OpenStreetMap extracts are not read. Export the outlines that you need as GeoJSON."),
    "geodatabase": gettext_noop("Geodatabases are not read. Export the layer as GeoPackage or as a Shapefile."),
    "archive": gettext_noop("Of archives, only .zip is read. Pack the Shapefile as .zip."),
    "not_this": gettext_noop("The file is no %(kind)s, or it is damaged. Export it again."),
    "entities": gettext_noop("The file defines XML entities, which can hide an attack. Export it again without them."),
    "encoding": gettext_noop("The text is neither UTF-8 nor GBK. Save it in UTF-8."),
    "corrupt": gettext_noop("The file is damaged and cannot be read. Export it again from the program it came from."),
    "encrypted": gettext_noop("The archive is protected by a password. Pack it again without one."),
    "members": gettext_noop("The archive holds %(count)s files; at most %(most)s are read."),
    "unpacked": gettext_noop("Unpacked, the archive is larger than %(most)s MB. Split it."),
    "no_shapefile": gettext_noop("There is no Shapefile (.shp) in the archive. It holds: %(files)s."),
    "no_dbf": gettext_noop("The Shapefile “%(layer)s” lacks its .dbf, which holds the names. Pack all of its files."),
    "no_layer": gettext_noop("There is no layer “%(layer)s”. The file has: %(layers)s."),
    "several_layers": gettext_noop("The file has several layers: %(layers)s. Say which one is to be read."),
    "no_shapes": gettext_noop("The layer “%(layer)s” is a table without shapes."),
    "no_features": gettext_noop("The file holds no shape."),
    "features": gettext_noop("The file holds more than %(most)s shapes. Split it."),
    "vertices_in_all": gettext_noop("The shapes have %(count)s corners together; at most %(most)s are read. Split it."),
    "no_crs_at_all": gettext_noop(
        "The file does not say which coordinate system it is in. Choose it: what comes from 高德, 腾讯 or DataV is "
        "GCJ-02, from 百度 BD-09, from surveyors mostly CGCS2000."
    ),
    "no_crs": gettext_noop("The coordinate system of the file is not known here (%(own)s). Choose the one that it is."),
    "unknown_crs": gettext_noop("No coordinate system is called “%(name)s”."),
    "old_crs": gettext_noop(
        "“%(name)s” is an old system whose way to CGCS2000 is not public. Ask the survey office for CGCS2000 data."
    ),
    "too_heavy": gettext_noop("Reading the file takes too much time or memory. Split it or simplify the outlines."),
    "size": gettext_noop("The file is larger than %(most)s MB."),
}

FAULTS = {
    "empty": gettext_noop("The shape is empty: nothing is drawn."),
    "not_numbers": gettext_noop("The shape holds coordinates that are no numbers."),
    "not_area": gettext_noop("An outline is wanted, this is a %(kind)s. Export the areas, not their lines or points."),
    "not_point": gettext_noop("A point is wanted, this is a %(kind)s."),
    "too_few": gettext_noop("An outline needs at least three corners."),
    "are_metres": gettext_noop(
        "%(x)s, %(y)s are metres, not degrees. Choose the 3-degree zone that the file is in (EPSG 4513–4554)."
    ),
    "are_metres_of": gettext_noop(
        "These are metres, not degrees. By their digits they are in %(better)s: choose that."
    ),
    "are_degrees": gettext_noop("These are degrees, not metres of %(name)s. Choose CGCS2000 degrees."),
    "swapped": gettext_noop(
        "The axes are swapped: %(x)s, %(y)s fits only the other way round. Tick “x and y are swapped”."
    ),
    "wrong_zone": gettext_noop("In %(name)s this lies outside the city. It fits %(better)s: choose that."),
    "wrong_zone_number": gettext_noop(
        "The eastings begin with %(number)s, so they are not in %(name)s. Choose %(better)s."
    ),
    "no_prefix": gettext_noop(
        "The eastings do not begin with the number of the zone, as those of %(name)s do. Choose %(better)s."
    ),
    "not_in_system": gettext_noop("The coordinates are impossible in %(name)s. Is another system or zone meant?"),
    "outside_china": gettext_noop("%(x)s, %(y)s lies outside China. Is the coordinate system right?"),
    "outside_city": gettext_noop(
        "%(x)s, %(y)s lies %(km)s km outside the city. Is it another city's, or in another coordinate system?"
    ),
    "crosses": gettext_noop(
        "The outline crosses itself at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "touches": gettext_noop(
        "The outline touches itself at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "hole_outside": gettext_noop(
        "A hole lies outside the outline at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "nested": gettext_noop(
        "Parts of the outline cover each other at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "disconnected": gettext_noop(
        "Holes cut the outline apart at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "invalid": gettext_noop(
        "The outline is not sound at %(x)s, %(y)s. It can be repaired: %(pieces)s pieces, %(hectares)s ha."
    ),
    "invalid_for_good": gettext_noop("The outline encloses nothing (at %(x)s, %(y)s). Draw it again."),
    "vertices": gettext_noop(
        "The outline has %(count)s corners, more than %(most)s. It can be simplified to %(left)s, moved by at most "
        "%(metres)s m."
    ),
    "far_too_many": gettext_noop(
        "The outline has %(count)s corners, more than %(most)s. Simplify it before the import."
    ),
    "outside_park": gettext_noop("The point lies %(metres)s m outside the park “%(park)s”; it is in %(where)s."),
    "outside_district": gettext_noop("The point lies %(metres)s m outside “%(district)s”; it is in %(where)s."),
}

MENDED_BY_REPAIR = frozenset(FAULTS[word] for word in FAULTS if "It can be" in FAULTS[word])
MENDED_BY_SWAP = frozenset({FAULTS["swapped"]})

REPAIRS = {
    "repaired_crosses": gettext_noop("Repaired where it crossed itself: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_touches": gettext_noop("Repaired where it touched itself: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_hole_outside": gettext_noop("Repaired a hole that lay outside: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_nested": gettext_noop("Repaired parts that covered each other: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_disconnected": gettext_noop("Repaired where holes cut it apart: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_invalid": gettext_noop("Repaired where it was not sound: %(pieces)s pieces, %(hectares)s ha"),
    "repaired_vertices": gettext_noop("Simplified from %(count)s corners to %(left)s, moved by at most %(metres)s m"),
}


def fault(word: str, repairable: bool = True) -> str:
    """Return the msgid for a fault; what cannot be repaired although its like can is said so."""
    if not repairable and "It can be repaired" in FAULTS[word]:
        return FAULTS["invalid_for_good"]
    return FAULTS[word]
