"""What happens around every call. The order is chosen in `controller.interceptors.chain`."""
