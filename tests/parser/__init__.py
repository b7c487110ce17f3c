"""The device's parser and commands, fed by libFuzzer under AddressSanitizer and UBSan."""
