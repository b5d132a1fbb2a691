"""The toolkit from which every area of the back office is built; it does not know any area."""
