"""The words and figures of the sample city's quota ledgers. Invented, like the city. Amounts are text with units."""

OFFICERS = [
    # username, name, post, department; the first of a department makes, the second checks (fgw: see KEEPERS)
    ("luming", "陆明", "能源科", "fgw"),
    ("helan", "贺兰", "水资源科", "swj"),
    ("jiangyuan", "江源", "水资源科科长", "swj"),
    ("tianyu", "田雨", "耕地保护科", "zrzy"),
    ("guoyang", "郭阳", "利用科科长", "zrzy"),
    ("qinghe", "卿禾", "总量科", "sthj"),
    ("wenlan", "温岚", "总量科科长", "sthj"),
]
KEEPERS = {  # department: maker, checker
    "fgw": ("luming", "checker"),
    "swj": ("helan", "jiangyuan"),
    "zrzy": ("tianyu", "guoyang"),
    "sthj": ("qinghe", "wenlan"),
}

CAP = ("water-total", "159900", "用水总量", "1.36亿m³")
POOLS = [
    # book, place (district or park code), name, what came in (kind, summary, amount), what is left
    (
        "energy-calorific",
        "159900",
        "市级统筹（含河西）",
        [("carry", "2025 年结转", "22000tce"), ("grant", "省第一批", "382000tce"), ("late", "省第二批", "30000tce")],
        "3200tce",
    ),
    (
        "energy-calorific",
        "159903PK01",
        "南岭新材料产业园",
        [("carry", "上年结转", "8000tce"), ("grant", "省第一批", "88000tce")],
        "1900tce",
    ),
    (
        "energy-calorific",
        "159901PK01",
        "云川经济开发区",
        [("carry", "上年结转", "2500tce"), ("grant", "省第一批", "40000tce")],
        "4500tce",
    ),
    ("energy-calorific", "159901PK02", "河东装备制造园", [("grant", "省第一批", "13000tce")], "3100tce"),
    ("energy-primary", "159900", "市级统筹", [("grant", "省下达", "60万tce")], "3.2万tce"),
    ("water-river", "159900", "黄河水", [("grant", "流域下达", "8000万m³")], "10万m³"),
    ("water-ground", "159900", "地下水", [("grant", "可开采量核定", "2500万m³")], "0m³"),
    ("water-reclaimed", "159902", "中水·河西", [("grant", "河西再生水厂", "1100万m³")], "60万m³"),
    ("water-reclaimed", "159903", "中水·南岭", [("grant", "南岭再生水厂", "700万m³")], "12万m³"),
    ("water-mine", "159900", "疏干水", [("grant", "矿井涌水核定", "900万m³")], "0m³"),
    ("water-surface", "159901", "地表水·限河东", [("grant", "水库调度", "300万m³")], "180万m³"),
    ("land", "159900", "新增建设用地计划", [("grant", "省下达", "2700亩")], "60亩"),
    ("linked", "159900", "增减挂钩节余", [("grant", "省核定", "640亩")], "85.5亩"),
    ("stock-unsupplied", "159900", "批而未供", [("grant", "存量核定", "420公顷")], "310公顷"),
    ("nox", "159900", "氮氧化物", [("grant", "总量下达", "1860t")], "183.4t"),
    ("voc", "159900", "挥发性有机物", [("grant", "总量下达", "640t")], "79.6t"),
]
EXPIRING = [
    # book, place, enterprise, amount, days from today until it expires
    ("energy-calorific", "159900", "泽沃新材", "5400tce", 2),
    ("energy-calorific", "159900", "嘉珩硅业", "19000tce", 6),
    ("energy-calorific", "159903PK01", "沃岭化工", "2600tce", 11),
    ("water-reclaimed", "159902", "恒瑞制药", "14万m³", 14),
    ("land", "159900", "泓泰铸造", "38.5亩", 22),
    ("energy-calorific", "159900", "启澜助剂", "3400tce", 90),
]
LEGACY = [
    # credit number, short, full name, park: enterprises of the stock that hold most of what was confirmed
    (91, "沃岭化工", "云川沃岭化工有限公司", "159902PK01"),
    (92, "旭丰焦化", "云川旭丰焦化有限公司", "159902PK01"),
    (93, "嘉珩硅业", "云川嘉珩硅业有限公司", "159903PK01"),
    (94, "启澜助剂", "云川启澜助剂有限公司", "159902PK01"),
    (95, "泽沃新材", "云川泽沃新材料有限公司", "159902PK01"),
    (96, "泓泰铸造", "河东泓泰铸造有限公司", "159901PK02"),
    (97, "昱衡电子", "云川昱衡电子材料有限公司", "159901PK04"),
    (98, "恒瑞制药", "云川恒瑞制药有限公司", "159902PK01"),
]
DOCUMENTS = {"fgw": "云发改能评", "swj": "云水许可", "zrzy": "云自然资用", "sthj": "云环总量"}
ISSUED = {"fgw": "省发改能评", "swj": "流域水许", "zrzy": "省自然资规", "sthj": "省环总量"}

BLOCKED = {
    # book: who is blocked on it, with the gap; another project takes the place of one whose gate lies behind it
    "energy-calorific": [
        ("碧源化工", "34000tce"),
        ("鼎泽焦化", "21400tce"),
        ("宏远炭材", "8600tce"),
        ("循锂环保", "6300tce"),
        ("硅源电子", "9300tce"),
    ],
    "water-ground": [("铸恒重工", "8.4万m³")],
    "water-river": [("炭峰新材", "36万m³")],
    "water-reclaimed": [("润泽精化", "88.5万m³")],
    "water-mine": [("晶澈玻璃", "22万m³")],
    "land": [("储云能源", "180亩"), ("氢澜能源", "96.5亩"), ("膜晟新材", "128.4亩")],
}
OBTAINABLE = {
    "energy-calorific": [("恒箔铝业", "2400tce")],
    "water-reclaimed": [("岩盛保温", "6.5万m³"), ("炉安耐材", "12万m³")],
    "land": [("晶岭硅业", "45亩")],
}

STOCK = [
    # code, name, kind, district, book, amount, status, months until planned
    ("TT-01", "河西热电 2 号机组关停", "backward", "159902", "energy-calorific", "9800tce", "verified", 1),
    ("TT-02", "旭丰焦化 4.3 米焦炉二期淘汰", "backward", "159902", "energy-calorific", "12400tce", "verified", 1),
    ("TT-03", "沃岭化工 未用确认额", "unused", "159902", "energy-calorific", "5600tce", "checking", 2),
    ("TT-04", "澄泥砖瓦 8 家整合", "zombie", "159903", "energy-calorific", "3600tce", "verified", 1),
    ("TT-05", "河西污水厂提标扩容", "upgrade", "159902", "water-reclaimed", "40万m³", "verified", 1),
    ("TT-06", "南岭中水管网二期", "upgrade", "159903", "water-reclaimed", "45万m³", "checking", 3),
    ("TT-07", "灌区节水 水权转让", "upgrade", "159900", "water-river", "30万m³", "verified", 1),
    ("TT-08", "停产纺织厂 低效用地", "idle", "159901", "land", "46亩", "checking", 4),
]
PARCELS = [
    # code, name, park, area, state, months since approval, months since supply (0: not supplied), enterprise
    ("YC2024-011", "河西 11 号地块", "159902PK01", "186.4亩", "unsupplied", 30, 0, ""),
    ("YC2025-004", "南岭 4 号地块", "159903PK01", "92.0亩", "unsupplied", 20, 0, ""),
    ("YC2025-019", "经开区北 19 号地块", "159901PK01", "240.5亩", "cleared", 14, 0, ""),
    ("YC2023-027", "装备园 27 号地块", "159901PK02", "75.0亩", "idle", 40, 30, "岳峙装备"),
    ("YC2024-033", "循环园 33 号地块", "159902PK02", "118.2亩", "idle_soon", 26, 20, "晶澈玻璃"),
    ("YC2024-041", "能源园 41 号地块", "159903PK03", "310.0亩", "stopped", 34, 28, "逐日支架"),
    ("YC2025-052", "高新园 52 号地块", "159901PK04", "64.8亩", "started", 18, 12, "云枢数据"),
    ("YC2023-008", "建材园 8 号地块", "159903PK02", "51.0亩", "completed", 42, 36, "筑协构件"),
    ("YC2026-003", "农加园 3 号地块", "159902PK03", "38.6亩", "approved", 5, 0, ""),
    ("YC2026-006", "物流园 6 号地块", "159901PK03", "22.4亩", "reported", 0, 0, ""),
]
