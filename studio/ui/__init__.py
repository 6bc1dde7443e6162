"""The page: Gradio for the fields, two components of our own for what Gradio has not.

    page.py            the whole page: header, four tabs
    controls.py        components ↔ request, in one place
    live.py            LiveView: follows a job, shows its pictures
    canvas.py          Canvas: a picture to start from, to paint a mask on, or to put margins around
    prompt.py          the prompt with its examples and the words that a model does not know
    sight.py           what the model sees of the words, when it is unfolded
    tab.py             what every tab does: lay out, commit the canvas, build the request, submit it
    text_to_image.py  image_to_image.py  inpaint.py  outpaint.py      one tab a file

A tab only submits; a job is watched by the browser through `/api/jobs`, never through Gradio, so that a reload, a
second device or a dropped connection loses nothing.  The scripts and styles are files in `assets/page/`.
"""
