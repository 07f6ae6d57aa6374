"""Who said what: a reader of quotations and reported speech, driven by the lexicon of a language.

tokens     text as words and marks with offsets
quotes     where quotation marks open and close
sentences  paragraphs and sentences around them
fields     commas and joints inside the name of an office or a body
phrases    noun phrases that can speak
subjects   who stands before a cue
trees      the dependency trees that a model saw, over our tokens
nominals   noun phrases of a tree
verbs      verbs of saying in a tree, their subjects, and what cancels them
direct     quotations and their attribution
clauses    reported clauses by the tree
reported   reported clauses by words, headlines
according  reported clauses of "according to"
passives   sentences that say who told the one before
content    where a reported clause begins, and whether it is one
media      the medium that relayed it, never the speaker
names      the names of the article, their short forms, its roles
genders    what words say of "he" and "she"
speakers   whom a mention means
circumstances, days  when, where and on what occasion somebody spoke
reading    the order of all that
"""
