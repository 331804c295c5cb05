"""GraphQL over the same calls as everything else: types are made of the messages of the contract."""
