"""The models of identity proofing: facts to ask about, quizzes, codes, letters, visits, cases and progress."""

from idproofing.models.cases import Case, CaseMove
from idproofing.models.codes import ActivationCode
from idproofing.models.facts import Category, Fact, Source
from idproofing.models.letters import Batch, Letter
from idproofing.models.proofing import LEVELS, FailureNotice, Proof, Proofing
from idproofing.models.quiz import AnswerTally, Question, Quiz
from idproofing.models.visits import Document, Visit

__all__ = [
    "LEVELS",
    "ActivationCode",
    "AnswerTally",
    "Batch",
    "Case",
    "CaseMove",
    "Category",
    "Document",
    "Fact",
    "FailureNotice",
    "Letter",
    "Proof",
    "Proofing",
    "Question",
    "Quiz",
    "Source",
    "Visit",
]
