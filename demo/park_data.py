"""Readiness of the sample parks, in words and figures; all invented.

A line is: item, status, what there is, capacity, used, signed for, plots reached, plots, since (a date) or planned in
so many days (a number), who pays. Amounts in the unit of the item (gis/data/utilities.yaml).
"""

EXPANSIONS = {
    # park: (item, name, adds, planned in days or None, who brings it)
    "159901PK01": [
        ("heat", "热源二期", 180, 150, "经开区管委会"),
        ("power", "2 号主变扩容", 63000, 240, "云川供电公司"),
    ],
    "159902PK01": [
        ("water_supply", "再生水厂二期", 10000, None, "河西区政府"),
        ("drainage", "污水处理厂二期", 20000, 128, "河西化工园区管委会"),
        ("power", "220 kV 主变扩容", 120000, 250, "云川供电公司"),
        ("gas", "门站增容", 30000, 312, "市住建局"),
        ("heat", "热源二期", 260, 220, "河西化工园区管委会"),
    ],
    "159903PK01": [
        ("power", "110 kV 锂盐变", 160000, 190, "云川供电公司"),
        ("gas", "高压管线延伸", 18000, 260, "市住建局"),
        ("heat", "余热利用首站", 150, None, "南岭区政府"),
    ],
    "159903PK03": [("drainage", "污水处理站扩容", 6000, -20, "南岭新材料园管委会")],
}

BOARDS = {
    "159901PK01": [
        ("road", "in_service", "主干路 60 m", 32.4, None, None, 58, 58, "2019-10-31", ""),
        ("water_supply", "in_service", "工业水", 80000, 54600, 6200, 58, 58, "2018-06-18", ""),
        ("drainage", "in_service", "污水集中处理", 50000, 33800, 3100, 58, 58, "2019-07-30", ""),
        ("power", "in_service", "220 kV 园区变", 480000, 391000, 42000, 58, 58, "2017-12-10", ""),
        ("telecom", "in_service", "光纤出口，3 家运营商", 600, 210, None, 58, 58, "2021-03-01", ""),
        ("gas", "in_service", "门站", 42000, 26500, 2400, 58, 58, "2020-11-15", ""),
        ("heat", "building", "蒸汽 1.6 MPa", 240, 206, 22, 41, 58, 150, "经开区管委会"),
        ("levelling", "in_service", "场地平整", 18600, 16900, 860, 58, 58, "2022-08-20", ""),
    ],
    "159901PK02": [
        ("road", "in_service", "主干路 40 m", 12.2, None, None, 26, 26, "2020-05-30", ""),
        ("water_supply", "in_service", "工业水", 18000, 9100, 1200, 26, 26, "2020-06-30", ""),
        ("drainage", "in_service", "污水集中处理", 12000, 6400, 600, 26, 26, "2020-09-30", ""),
        ("power", "in_service", "110 kV 园区变", 126000, 88000, 9500, 26, 26, "2019-12-10", ""),
        ("telecom", "in_service", "光纤，2 家运营商", 200, 46, None, 26, 26, "2020-03-01", ""),
        ("gas", "in_service", "调压站", 9000, 5200, 700, 26, 26, "2021-10-15", ""),
        ("heat", "in_service", "高温热水", 90, 61, 8, 26, 26, "2021-11-01", ""),
        ("levelling", "in_service", "场地平整", 6100, 5480, 240, 26, 26, "2021-04-20", ""),
    ],
    "159901PK03": [
        ("road", "in_service", "主干路 32 m", 6.1, None, None, 14, 14, "2021-05-30", ""),
        ("water_supply", "in_service", "生活与工业水", 6000, 2300, 250, 14, 14, "2021-06-30", ""),
        ("drainage", "in_service", "接市政管网", 5000, 1900, 180, 14, 14, "2021-06-30", ""),
        ("power", "in_service", "35 kV 开闭所", 40000, 17800, 2600, 14, 14, "2021-04-10", ""),
        ("telecom", "in_service", "光纤，3 家运营商", 100, 22, None, 14, 14, "2021-07-01", ""),
        ("gas", "in_service", "接市政管网", 3200, 900, 120, 14, 14, "2022-10-15", ""),
        ("heat", "in_service", "市政热网", 40, 18, 3, 14, 14, "2021-11-01", ""),
        ("levelling", "in_service", "场地平整", 2300, 1900, 120, 14, 14, "2020-09-20", ""),
    ],
    "159901PK04": [
        ("road", "in_service", "主干路 50 m", 15.8, None, None, 33, 33, "2019-06-30", ""),
        ("water_supply", "in_service", "工业水", 24000, 13800, 2100, 33, 33, "2019-06-18", ""),
        ("drainage", "in_service", "污水集中处理", 18000, 9900, 1400, 33, 33, "2019-08-30", ""),
        ("power", "in_service", "双回 110 kV", 240000, 171000, 28000, 33, 33, "2019-12-10", ""),
        ("telecom", "in_service", "数据中心环网，4 家运营商", 2000, 880, None, 33, 33, "2020-03-01", ""),
        ("gas", "in_service", "门站", 12000, 4700, 500, 33, 33, "2021-11-15", ""),
        ("heat", "in_service", "余热与燃气锅炉", 110, 62, 9, 33, 33, "2022-11-01", ""),
        ("levelling", "in_service", "场地平整", 8200, 7100, 420, 33, 33, "2020-08-20", ""),
    ],
    "159902PK01": [
        ("road", "in_service", "主干路 40 m", 18.6, None, None, 42, 42, "2024-09-30", ""),
        ("water_supply", "in_service", "工业水", 60000, 43200, 5300, 42, 42, "2023-06-18", "河西区政府"),
        ("drainage", "building", "污水集中处理", 30000, 25100, 2100, 31, 42, 128, "河西化工园区管委会"),
        ("power", "in_service", "220 kV 园区变", 360000, 262000, 29000, 42, 42, "2022-12-10", "云川供电公司"),
        ("telecom", "in_service", "光纤出口，3 家运营商", 400, 120, None, 42, 42, "2023-03-01", ""),
        ("gas", "in_service", "门站", 60000, 38200, 3300, 42, 42, "2024-11-15", "市住建局"),
        ("heat", "building", "蒸汽 1.6 MPa", 300, 268, 18, 28, 42, 220, "河西化工园区管委会"),
        ("levelling", "in_service", "场地平整", 12400, 11180, 680, 42, 42, "2025-08-20", ""),
    ],
    "159902PK02": [
        ("road", "in_service", "主干路 36 m", 9.4, None, None, 20, 20, "2021-09-30", ""),
        ("water_supply", "in_service", "再生水为主", 15000, 8600, 900, 20, 20, "2021-06-18", ""),
        ("drainage", "in_service", "污水集中处理", 10000, 5200, 500, 20, 20, "2021-10-30", ""),
        ("power", "in_service", "110 kV 园区变", 100000, 71500, 6800, 20, 20, "2020-12-10", ""),
        ("telecom", "in_service", "光纤，2 家运营商", 100, 31, None, 20, 20, "2021-03-01", ""),
        ("gas", "in_service", "调压站", 16000, 9800, 1500, 20, 20, "2022-11-15", ""),
        ("heat", "in_service", "蒸汽 1.0 MPa", 120, 83, 6, 20, 20, "2022-06-30", ""),
        ("levelling", "in_service", "场地平整", 4600, 4010, 260, 20, 20, "2021-08-20", ""),
    ],
    "159902PK03": [
        ("road", "in_service", "主干路 24 m", 4.2, None, None, 12, 12, "2021-09-30", ""),
        ("water_supply", "in_service", "生活与工业水", 5000, 2900, 300, 12, 12, "2021-06-18", ""),
        ("drainage", "in_service", "一体化处理站", 4000, 2600, 300, 12, 12, "2022-05-30", ""),
        ("power", "in_service", "35 kV 开闭所", 25000, 12600, 900, 12, 12, "2021-12-10", ""),
        ("telecom", "in_service", "光纤，2 家运营商", 50, 9, None, 12, 12, "2021-03-01", ""),
        ("gas", "in_service", "LNG 气化站", 2000, 700, 0, 12, 12, "2023-11-15", ""),
        ("heat", "in_service", "生物质锅炉", 35, 24, 2, 12, 12, "2022-10-30", ""),
        ("levelling", "in_service", "场地平整", 1600, 1320, 60, 12, 12, "2020-08-20", ""),
    ],
    "159903PK01": [
        ("road", "in_service", "主干路 40 m", 14.9, None, None, 36, 36, "2021-09-30", ""),
        ("water_supply", "in_service", "工业水", 40000, 27400, 5200, 36, 36, "2021-06-18", "南岭区政府"),
        ("drainage", "in_service", "污水集中处理", 24000, 15600, 1900, 36, 36, "2022-04-30", ""),
        ("power", "building", "220 kV 园区变", 420000, 371000, 38000, 29, 36, 190, "云川供电公司"),
        ("telecom", "in_service", "光纤，3 家运营商", 400, 96, None, 36, 36, "2021-03-01", ""),
        ("gas", "building", "调压站", 22000, 17600, 2100, 24, 36, 260, "市住建局"),
        ("heat", "not_started", "余热利用", None, None, None, 0, 36, None, "南岭区政府"),
        ("levelling", "in_service", "场地平整", 9800, 8900, 420, 36, 36, "2022-08-20", ""),
    ],
    "159903PK02": [
        ("road", "in_service", "主干路 30 m", 5.4, None, None, 15, 15, "2020-09-30", ""),
        ("water_supply", "in_service", "疏干水为主", 8000, 4900, 300, 15, 15, "2020-06-18", ""),
        ("drainage", "in_service", "污水处理站", 5000, 2700, 200, 15, 15, "2021-06-30", ""),
        ("power", "in_service", "110 kV 园区变", 63000, 40200, 3600, 15, 15, "2020-12-10", ""),
        ("telecom", "in_service", "光纤，2 家运营商", 50, 11, None, 15, 15, "2020-03-01", ""),
        ("gas", "not_required", "", None, None, None, None, None, None, ""),
        ("heat", "in_service", "余热回用", 60, 38, 4, 15, 15, "2021-06-30", ""),
        ("levelling", "in_service", "场地平整", 3000, 2640, 140, 15, 15, "2019-08-20", ""),
    ],
    "159903PK03": [
        ("road", "in_service", "主干路 36 m", 11.2, None, None, 22, 22, "2022-09-30", ""),
        ("water_supply", "in_service", "工业水", 20000, 9700, 3100, 22, 22, "2022-06-18", ""),
        ("drainage", "out_of_service", "污水处理站", 6000, 4100, 500, 22, 22, "2022-10-30", "南岭新材料园管委会"),
        ("power", "in_service", "新能源升压站", 320000, 208000, 36000, 22, 22, "2022-12-10", ""),
        ("telecom", "in_service", "光纤，2 家运营商", 100, 24, None, 22, 22, "2022-03-01", ""),
        ("gas", "not_required", "", None, None, None, None, None, None, ""),
        ("heat", "not_required", "", None, None, None, None, None, None, ""),
        ("levelling", "in_service", "场地平整", 7200, 6300, 380, 22, 22, "2021-08-20", ""),
    ],
}

REASONS = {
    ("159903PK02", "gas"): "以煤矸石和余热供能，入园企业均不用气",
    ("159903PK03", "gas"): "园区以绿电、绿氢为主，不设管道气",
    ("159903PK03", "heat"): "入园企业不用汽，办公采暖用热泵",
    ("159903PK03", "drainage"): "设备检修停运，污水外运处置",
}

STALE = {"159902PK01": ["telecom"], "159901PK03": ["catv", "telecom"], "159903PK01": ["levelling"]}
"""Lines that the city has not verified for more than 90 days."""

SILENT = {"159901PK01", "159902PK03"}
"""Parks that have not reported this month yet."""

UNVERIFIED = {"159902PK01": ["drainage"], "159903PK01": ["power", "gas"], "159901PK02": ["power"]}
"""Lines of this month that nobody has verified yet."""

RETURNED = {"159902PK02": ("water_supply", "已用水量与水厂 10 月抄表数不符，请核对后重报")}

DEMANDS = {
    # project: (item, amount, needed in days, signed)
    "绿色甲醇与二氧化碳捕集": [("water_supply", 13900, 87, False), ("drainage", 11000, 87, False)],
    "精细化工中间体": [("water_supply", 900, 110, False), ("drainage", 3500, 110, False), ("gas", 1800, 150, False)],
    "煤基可降解材料中试线": [("water_supply", 1600, 132, False), ("heat", 16, 60, True), ("telecom", 2, 90, False)],
    "年产60万吨焦炉升级改造": [("heat", 90, 73, False), ("power", 40000, 120, False), ("gas", 3300, 40, True)],
    "特种碳材料等静压石墨": [("heat", 45, 146, False), ("gas", 22000, 252, False), ("levelling", 180, 60, False)],
    "年产10万吨石墨负极材料一体化": [("power", 85000, 181, False), ("levelling", 335, 90, False)],
    "高性能铝箔及电池结构件": [("heat", 36, 95, False), ("power", 31000, 130, False), ("gas", 3000, 130, False)],
    "再生铝熔铸与挤压型材": [("gas", 5200, 70, False), ("power", 12000, 75, True)],
    "锂电池隔膜二期": [("heat", 24, 180, False), ("power", 26000, 170, False), ("water_supply", 4200, 170, False)],
    "风电塔筒与法兰智能工厂": [("power", 16000, 100, False)],
    "大型铸锻件智能车间": [("power", 22000, 120, False), ("gas", 1500, 120, False)],
    "储能电池模组与系统集成": [("power", 24000, 140, False), ("water_supply", 1100, 140, False)],
    "数据中心余热利用": [("power", 9000, 80, True), ("telecom", 120, 80, False)],
    "光伏玻璃三期": [("gas", 4100, 60, False), ("power", 12000, 60, False)],
    "盐湖锂盐深加工一期": [("heat", 80, 100, False), ("power", 26000, 90, False), ("water_supply", 3600, 90, False)],
    "电子级多晶硅": [("power", 120000, 160, False), ("water_supply", 5200, 160, False), ("heat", 60, 200, False)],
    "单晶硅棒扩产二期": [("power", 46000, 210, False), ("water_supply", 1900, 210, False)],
    "碳纤维预浸料二期": [("gas", 4600, 120, False), ("power", 15000, 150, False)],
    "绿氢制备与加注示范": [
        ("power", 52000, 150, False),
        ("water_supply", 2600, 150, False),
        ("drainage", 700, 150, False),
    ],
    "牛羊肉精深加工及冷链": [("drainage", 600, 60, False), ("power", 2400, 60, False), ("heat", 6, 75, False)],
}

ASSESSMENTS = {
    # park: (name, document no., approved by, approved days ago, valid for days from now, saves, scope)
    "159901PK01": [
        (
            "区域水土保持方案",
            "云水保〔2024〕11号",
            "云川市水务局",
            700,
            400,
            ["IND-BA:I08", "T19-101:6"],
            "入园工业项目",
        ),
        (
            "区域地质灾害、压矿、文物、地震评价",
            "云自然资〔2024〕36号",
            "云川市自然资源局",
            820,
            280,
            ["IND-BA:I10"],
            "全部项目",
        ),
        ("区域水资源论证", "云水资〔2022〕7号", "云川市水务局", 1480, -60, ["IND-BA:I07"], "不新增取水口的项目"),
    ],
    "159902PK01": [
        (
            "区域水土保持方案",
            "云水保〔2025〕4号",
            "云川市水务局",
            480,
            620,
            ["IND-BA:I08", "T19-101:6"],
            "入园工业项目",
        ),
        (
            "区域地震安全性评价、压覆矿产评估",
            "云自然资〔2023〕19号",
            "云川市自然资源局",
            1100,
            44,
            ["IND-BA:I10"],
            "全部项目",
        ),
    ],
    "159903PK01": [
        (
            "区域水土保持方案",
            "云水保〔2025〕9号",
            "云川市水务局",
            300,
            800,
            ["IND-BA:I08", "T19-101:6"],
            "入园工业项目",
        ),
    ],
}

EVIDENCE = {
    "road": ("竣工验收备案", "document"),
    "water_supply": ("通水证明", "document"),
    "drainage": ("现场照片", "photo"),
    "power": ("供电方案答复", "document"),
    "telecom": ("接入证明", "document"),
    "gas": ("通气证明", "document"),
    "heat": ("施工许可、进度照片", "photo"),
    "levelling": ("平整验收", "document"),
}
