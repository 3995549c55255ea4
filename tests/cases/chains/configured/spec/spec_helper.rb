require "simplecov"
SimpleCov.start if ENV["COVERAGE"]
