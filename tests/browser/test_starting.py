"""What a browser was told of before is what it needs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from studio import scripts

pytestmark = pytest.mark.browser

LOADED = "() => performance.getEntriesByType('resource').map(each => new URL(each.name).pathname)"


def test_the_page_begins_with_the_scripts_that_were_told_of(page: Page) -> None:
    expect(page.locator("#text_to_image-generate")).to_be_enabled()
    loaded = page.evaluate(LOADED)
    gradios = {path.removeprefix("/assets/") for path in loaded if re.match(r"/assets/.*\.(js|css)$", path)}
    own = {path.removeprefix("/page/")[:-3] for path in loaded if re.match(r"/page/.*\.js$", path)}
    assert len(gradios) > 20 and gradios <= set(scripts.needed(scripts.folder()))
    assert len(own) > 20 and own <= set(scripts.reached(scripts.FIRST))
