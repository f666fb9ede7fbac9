"""A short question that is whole stands alone in a conversation; one that leaves its thing out does not."""

import pytest

from assistant.followup import leans_on_history, points_back

WHOLE = """
Do I need a laptop?
Do I need an account?
Do we need accounts?
Must I register?
Do I have to pay?
Do we have to attend?
Do I need to enrol?
Must we apply?
Can neural networks compress their weights?
Where is the forest?
May I eat?
Can we park?
Where do I register?
When do we meet?
Is there parking?
Is there a canteen?
Is there homework?
Are there lockers?
Will there be an exam?
How many questions are there in the exam?
Where is parking?
Where is the library?
Where are the lectures?
When is the exam?
When was the excursion?
When will the exam be?
Explain hallucination
Please explain tokenization.
Can you explain attention?
Describe pottery
Tell me about embeddings
What do you know about glazes?
What does hallucination mean?
What is meant by grounding?
What does attention do?
What are embeddings used for?
How is chunking done?
Why do we need embeddings?
How do I use pliers?
When do we use chunking?
Who needs embeddings?
Who uses kilns?
Do you know where the canteen is?
Could you tell me when the exam is?
What do I need for excursions?
How does attention compute its weights?
How does BERT use its tokens?
Can a model explain its answers?
How do transformers weigh their inputs?
Should a student cite his sources?
How did Meta train its models?
Can an agent check its tools on the way?
Does a network know when it overfits?
Can students repeat the exam if they fail?
How long does a kiln cool before it opens?
""".strip().splitlines()

LEANING = """
And of 300?
How hot is it?
Why?
What about the second?
When?
Is it needed?
And its price?
How many?
Give an example
Give me an example, please.
In which year?
Which year?
How large?
How expensive?
How many parameters?
In Python?
With tools?
For beginners?
Who invented it?
Are there exceptions?
Are there any alternatives?
Is there a difference?
Are there disadvantages for small models?
Are there other models?
Are there other open models?
Is there more?
Are there any?
Where is the difference?
Where are the limits?
Explain
Explain more
Explain briefly
Explain in detail
Explain the difference
Explain step by step
Can you explain further?
Can you elaborate?
Could you summarize?
Explain simpler
Tell me about the author
What does the author say?
What does the model do?
Who uses it?
Do I need both?
How does the method choose its examples?
Do I need them?
Do I need one?
Must I?
Do I need two?
Is there enough?
What do I bring?
Can you elaborate, please?
How do I choose?
Should I install?
Can we combine?
When is best?
Where is cheapest?
What did it use?
How do I compute its weights?
How many parameters does its successor have?
What are the limits of its context?
What does the course say about its price?
Does the handbook mention its limits?
Does the lecturer explain its limits?
Does training of its weights pay off?
How do students use its tools?
Can students see its price?
Who wrote their paper?
Does Lab 3 use their model?
How did GPT-4 do when they tested it?
Do students need it if they fail?
Which optimizer was used there?
Does a model compute its weights like that?
""".strip().splitlines()


@pytest.mark.parametrize("question", WHOLE)
def test_a_whole_question_of_one_word_or_with_its_own_noun_stands_alone(question: str) -> None:
    assert not leans_on_history(question)


@pytest.mark.parametrize("question", LEANING)
def test_a_question_that_leaves_out_its_thing_leans(question: str) -> None:
    assert leans_on_history(question)


def test_a_possessive_points_back_where_its_number_is_another() -> None:
    assert not points_back("How does attention compute its weights?")
    assert points_back("How does attention compute their weights?")
