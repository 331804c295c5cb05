"""Who may do what: what callers show, what it permits, and what each method asks for."""
