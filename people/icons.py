"""Line icons as SVG path data, drawn for this product on a 16 × 16 grid. Rendered by `{% icon "name" %}`."""

ICONS: dict[str, str] = {
    "alert": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 4.8v3.8M8 11v.3",
    "arrow-down": "M8 3v10M4 9l4 4 4-4",
    "arrow-right": "M3 8h10M9 4l4 4-4 4",
    "arrow-up": "M8 13V3M4 7l4-4 4 4",
    "building": "M3 14V3h6v11M9 7h4v7M1.5 14h13M5 5.5h2M5 8h2M5 10.5h2M11 9.5v0M11 11.5v0",
    "calendar": "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3",
    "chain": "M2 4h4v3H2zM10 4h4v3h-4zM6 10h4v3H6zM6 5.5h4M4 7v4.5h2M12 7v4.5h-2",
    "check": "M2.5 8.5 6.5 12.5 13.5 4",
    "chevron-down": "M4 6l4 4 4-4",
    "chevron-left": "M10 3.5 5.5 8l4.5 4.5",
    "chevron-right": "M6 3.5 10.5 8 6 12.5",
    "chevron-up": "M4 10l4-4 4 4",
    "clock": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 4.5V8l2.5 1.5",
    "close": "M3.5 3.5l9 9M12.5 3.5l-9 9",
    "compare": "M2 5h9M8.5 2.5 11 5 8.5 7.5M14 11H5M7.5 8.5 5 11l2.5 2.5",
    "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "download": "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
    "edit": "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7 11.3 7",
    "eye": (
        "M1.5 8C3 5 5.3 3.5 8 3.5S13 5 14.5 8C13 11 10.7 12.5 8 12.5S3 11 1.5 8"
        "M8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6"
    ),
    "factor": "M2 14h12M3.5 14V9M8 14V3M12.5 14V6M2 6.5 8 2l4.5 3",
    "feedback": "M2 3h12v8H7l-3 2.5V11H2z",
    "file": "M4 1.8h5.5L12.5 5v9.2H4zM9.5 1.8V5h3",
    "filter": "M2 4h12M4 8h8M6.5 12h3",
    "gauge": "M2.2 12.5a6.5 6.5 0 1 1 11.6 0M8 9.5l3-3.5M3.8 9.5h1M11.2 9.5h1M8 4.6v1",
    "globe": (
        "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4"
    ),
    "history": "M2.5 8A5.5 5.5 0 1 0 4 4.2L2.5 5.7M2.5 2.5v3.2h3.2M8 5v3l2 1.5",
    "inbox": "M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5L6.5 11h3l1-1.5H14",
    "info": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 7.2v4M8 4.7v.3",
    "key": "M10.5 2.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8.4 7.6 2.5 13.5M4.5 11.5l1.5 1.5",
    "keyboard": "M1.5 4h13v8.5h-13zM4 6.5v0M6.5 6.5v0M9.5 6.5v0M12 6.5v0M5 10h6",
    "list": "M3.5 2h9v12h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
    "lock": "M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
    "logout": "M9.5 2.5H3v11h6.5M6.5 8h7.5M11.5 5.5 14 8l-2.5 2.5",
    "more": "M3.5 8v0M8 8v0M12.5 8v0",
    "pin": "M8 14.2C5 11 3.5 8.7 3.5 6.3a4.5 4.5 0 0 1 9 0c0 2.4-1.5 4.7-4.5 7.9",
    "plus": "M8 3v10M3 8h10",
    "print": "M4.5 6V2h7v4M4.5 11.5H2.5V6h11v5.5h-2M4.5 9.5h7V14h-7z",
    "refresh": "M13.5 8A5.5 5.5 0 1 1 12 4.2l1.5 1.5M13.5 2.5v3.2h-3.2",
    "search": "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.4 3.4",
    "star": "M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z",
    "trash": "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5",
    "upload": "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
    "user": "M8 2.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M2.5 14c0-3 2.3-4.5 5.5-4.5s5.5 1.5 5.5 4.5",
    "users": (
        "M6 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5"
        "M1.5 13.5c0-2.7 1.8-4 4.5-4s4.5 1.3 4.5 4"
        "M10.5 3a2.3 2.3 0 0 1 0 4.5"
        "M12 9.8c1.7.5 2.5 1.8 2.5 3.7"
    ),
    "workbench": "M2 2.5h12v5H2zM2 10h4.5v3.5H2zM9 10h5v3.5H9z",
}

# Shapes of the lights on a 16 × 12 grid: (drawing, width). One shape, one meaning; colours are presentation attributes,
# so that they survive printing, copying and a missing stylesheet.
SHAPES: dict[str, tuple[str, int]] = {
    "statutory": ('<path d="M0 1.5h8v9H0zM9.5 1.5h8v9h-8z" fill="#7a1630"/>', 18),
    "red": ('<path d="M1 1.5h9.5v9H1z" fill="#c62f2f"/>', 12),
    "blocked": ('<path d="M6 .3 11.7 6 6 11.7.3 6z" fill="#20262e"/>', 12),
    "amber": ('<path d="M6 .8 11.8 11H.2z" fill="#c98a00"/>', 12),
    "green": ('<circle cx="6" cy="6" r="5" fill="#1b7f4d"/>', 12),
    "stopped": ('<path d="M1.5 1.5h3.5v9H1.5zM7 1.5h3.5v9H7z" fill="#64748b"/>', 12),
    "stale": (
        '<circle cx="6" cy="6" r="4.7" fill="none" stroke="#7d8a9b" stroke-width="1.5" stroke-dasharray="1.8 1.9"/>',
        12,
    ),
    "done": ('<path d="M1.2 6.3 4.6 9.7 10.8 2.5" fill="none" stroke="#5e8672" stroke-width="1.8"/>', 12),
    "idle": ('<circle cx="6" cy="6" r="4.5" fill="none" stroke="#7d8a9b" stroke-width="1.2"/>', 12),
}
