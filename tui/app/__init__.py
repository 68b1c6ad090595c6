"""The running app: `MlpApp`, its main screen and palette."""
