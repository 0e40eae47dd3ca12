"""What is decided: the kinds of objects, their values, and what each operation does with them. Free of Pulumi."""
