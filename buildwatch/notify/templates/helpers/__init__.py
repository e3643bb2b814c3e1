"""What a template can call: the functions of drone-template-lib v1.0.0 and of sprig v2.18, and a few for Slack."""
