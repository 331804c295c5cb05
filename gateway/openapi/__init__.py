"""The OpenAPI 3.1 document of the gateway, made from the descriptors of the contract and their comments."""

from gateway.openapi.document import make_document

__all__ = ["make_document"]
