"""The page: Gradio for the fields, two components of our own for what Gradio has not.

    page.py            the whole page: header, tabs, stage
    stage.py           what all tabs share: the canvas and the view of the results
    controls.py        components ↔ request, in one place
    words.py           all that these say in English
    live.py            the view of the results: follows jobs, shows their pictures
    canvas.py          the canvas: a picture to start from, to paint a mask on, and to put margins around
    batch.py           several pictures in place of the one on the canvas
    prompt.py          the prompt with its examples and the words that a model does not know
    sight.py           what the model sees of the words, when it is unfolded
    gallery.py recall.py     the tab over the library; settings into fields
    tab.py             what every tab does: lay out, commit the canvas, build the request, submit it
    text_to_image.py  image_to_image.py  inpaint.py  outpaint.py      one tab a file

A tab only submits; jobs are watched by the browser through `/api/events`, never through Gradio, so that a reload, a
second device or a dropped connection loses nothing.  The scripts and styles are files in `assets/page/`.
"""
