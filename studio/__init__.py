"""The application around the library: the page, the command line, jobs, files.

    settings.py                       what the studio is started with
    cli.py meter.py                   the command line: what it does, its progress
    arguments.py tending.py parsing.py           its options: of the page and what makes pictures, of the rest, shared
    replaying.py finding.py verifying.py exporting.py    the commands that look after pictures
    remaking.py                       from what made a picture to what makes others near it
    doctor.py                         a look at everything needed
    services.py                       the parts below, put together
    models.py                         model references, and what is known about them without loading them
    jobs/                             the queue and the states of jobs
    workers/                          where the engine runs: a child process
    library/                          pictures on disk with their recipes, and the index that finds them
    formats/                          what picture files say in words, other programs' and our own
    api/                              HTTP doors, each a thin translation
    app.py ui/                        the page
    explain.py                        one sentence for whatever went wrong

No process but the engine's imports torch, and nothing here does anything on import.
"""
