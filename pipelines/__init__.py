"""Pictures from prompts: a request in, images out.  No page, no web, no database, no globals.

The light half (requests, errors, choices) never imports torch; the heavy half is imported where it is used:

    from pipelines.requests import TextToImage
    from pipelines.loading import load
    from pipelines.run import generate
"""
