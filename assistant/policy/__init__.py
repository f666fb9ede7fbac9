"""The course's rules for questions about its assignments: "hints, not solutions", for a time, from chosen sources.

In reading order: `values` (what a policy is, and which of it holds), `policy_file` (reads it), `assignment_words` and
`scope` (which questions an assignment is about), `course_policy` (the rule of one turn), `hint_guard` (what no answer
may hold, while it streams), `checkpoint` (the same for every other event of a turn).
"""
