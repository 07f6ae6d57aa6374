"""Who said what: a reader of quotations and reported speech, driven by the lexicon of a language.

tokens     text as words and marks with offsets
quotes     where quotation marks open and close
sentences  paragraphs and sentences around them
phrases    noun phrases that can speak
subjects   who stands before a cue
direct     quotations and their attribution
reported   reported clauses, headlines
media      the medium that relayed it, never the speaker
names      the names of the article, their short forms, its roles
speakers   whom a mention means
reading    the order of all that
"""
