"""The HTTP server of Pantau: articles come in over it, and the pause links of mails are answered.

    server.py     listens, in a thread of its own          protocol.py   connections: how many, how slow
    app.py        routes                                   guard.py      what holds for every request
    uploads.py    one upload from its first byte to 202    bodies.py     a body comes in, within limits
    reading.py    a body becomes pages                     desk.py       one thread writes, many uploads at once
    progress.py   where an article is                      pausing.py    the page behind a pause link
    openapi.py    all of this for programs                 problems.py   every answer that is a refusal

What is uploaded goes through `pipeline.runners.intake` like everything else that comes in.
"""
