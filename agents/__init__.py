"""Who moves the news: FLOW is the whole pipeline, in the order in which an article meets it."""

from agents.alert import ALERT
from agents.attribute import ATTRIBUTE
from agents.clean import CLEAN
from agents.dedupe import DEDUPE
from agents.deliver import DELIVER
from agents.extract import EXTRACT
from agents.index import INDEX
from pipeline.flow import Agent

#   agent        reads                       writes
#   clean        pages-fetched            -> articles-cleaned
#   dedupe       articles-cleaned         -> articles-marked
#   extract      articles-marked          -> articles-extracted, statements-made
#   attribute    statements-made          -> statements-recorded
#   alert        statements-recorded      -> alerts-raised
#   deliver      alerts-raised            -> (channels)
#   index        articles-extracted, statements-recorded, alerts-raised -> (search index)
FLOW: tuple[Agent, ...] = (CLEAN, DEDUPE, EXTRACT, ATTRIBUTE, ALERT, DELIVER, INDEX)
