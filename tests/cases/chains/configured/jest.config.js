module.exports = {
  collectCoverage: true,
};
