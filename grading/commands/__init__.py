"""What `python -m grading` can do: one module per theme, each with `add(commands)` that declares its words and its `run`.

A `run` takes the parsed arguments and gives the exit code. Bad input is raised (FindingsError, SchemeError, BadInput) and
said once, by `grading.__main__`: exit code 2 and the reasons as JSON on the error output.
"""
