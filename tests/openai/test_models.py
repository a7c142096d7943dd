"""The list of models."""

import openai
import pytest


def test_the_default_model_is_listed(client):
    assert [model.id for model in client.models.list()] == ["smollm2-135m"]


def test_a_model_can_be_looked_up(client):
    model = client.models.retrieve("smollm2-135m")
    assert model.id == "smollm2-135m"
    assert model.object == "model"


def test_an_unknown_model_cannot(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert "smollm2-135m" in caught.value.message
