"""Enterprises, known by their unified social credit code."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from imports import cells
from imports.importers.base import Column, ModelImporter, district_lookup, long_text
from projects.models import Enterprise


class EnterpriseImporter(ModelImporter):
    """New enterprises and changes to known ones."""

    kind = "enterprises"
    title = _("Enterprises")
    permissions = ("enterprise.edit",)
    key = ("credit_code",)
    model = Enterprise

    def make_columns(self):
        """Return the columns in the order of the template."""
        districts = district_lookup()
        return [
            Column(
                "credit_code",
                _("Unified social credit code"),
                cells.credit_code,
                required=True,
                aliases=("统一社会信用代码", "信用代码", "社会信用代码", "统一代码", "uscc"),
                example="91350100M000100Y43",
                help=_("18 characters. Make the column text, so that Excel keeps every digit."),
            ),
            Column(
                "name",
                _("Enterprise name"),
                partial(cells.text, most=120),
                required=True,
                aliases=("企业名称", "企业", "单位名称", "建设单位", "公司名称"),
                example="云川示例材料有限公司",
            ),
            Column("short_name", _("Short name"), partial(cells.text, most=30), aliases=("简称",), example="示例材料"),
            Column(
                "district",
                _("District"),
                districts.parse,
                aliases=("区县", "所在区县", "行政区划", "属地", "区划代码"),
                help=_("Name or 6-digit code of a district that the system knows."),
                options=districts.options,
                show=lambda row: row.district.name if row.district_id else "",
            ),
            Column(
                "legal_person",
                _("Legal representative"),
                partial(cells.text, most=40),
                aliases=("法定代表人", "法人", "法人代表"),
            ),
            Column(
                "contact",
                _("Contact"),
                partial(cells.text, most=40),
                aliases=(
                    "联系人",
                    "联系人姓名",
                ),
                example="张三",
            ),
            Column(
                "contact_phone",
                _("Contact's work phone"),
                cells.phone,
                aliases=("联系人电话", "联系电话", "电话", "联系方式"),
                example="0470-8123456",
                help=_("With area code, or a mobile number."),
            ),
            Column("address", _("Address"), cells.text, aliases=("地址", "注册地址", "住所")),
            Column(
                "note",
                _("Note"),
                long_text,
                aliases=(
                    "备注",
                    "说明",
                ),
            ),
        ]

    def export_queryset(self, queryset):
        """Return the queryset with the district joined."""
        return queryset.select_related("district")
