"""The search index in Elasticsearch 8.19 to 9.x.

mapping      what an index looks like, derived from schemas.documents, and what is stored of a document
compile      a query tree as Elasticsearch's query language
connection   the address in a URL, the client, and what its errors mean for people
shelf        which indices hold a family: one a month, in generations, read through an alias
writer       buffered, versioned bulk writing with retries
index        the ports Index and Search
generations  creating, checking, rebuilding and taking back
"""
