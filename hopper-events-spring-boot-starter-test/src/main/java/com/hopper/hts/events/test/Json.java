/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.test;

import java.util.Set;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON strictly, and writes it.
 */
final class Json {

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private Json() {
	}

	static JsonNode readObject(String body) {
		JsonNode node;
		try {
			node = MAPPER.readTree(body);
		}
		catch (JacksonException ex) {
			throw Refusal.malformed(null, "The body is not valid JSON, or has a field twice");
		}
		catch (NumberFormatException ex) {
			throw Refusal.malformed(null, "The body has a number whose exponent is beyond what can be read");
		}
		if (!node.isObject()) {
			throw Refusal.malformed(null, "The body must be a JSON object");
		}
		refuseNull("", node);
		return node;
	}

	private static void refuseNull(String path, JsonNode node) {
		node.properties().forEach((field) -> {
			String name = path + field.getKey();
			if (field.getValue().isNull()) {
				throw Refusal.malformed(name, "'" + name + "' is null; leave it out");
			}
			refuseNull(name + ".", field.getValue());
		});
		if (node.isArray()) {
			for (int i = 0; i < node.size(); i++) {
				String name = path.substring(0, path.length() - 1) + "[" + i + "]";
				if (node.get(i).isNull()) {
					throw Refusal.malformed(name, "'" + name + "' is null; leave it out");
				}
				refuseNull(name + ".", node.get(i));
			}
		}
	}

	static void refuseUnknown(JsonNode object, Set<String> known) {
		object.propertyNames().forEach((name) -> {
			if (!known.contains(name)) {
				throw Refusal.malformed(name, "'" + name + "' is not a known field");
			}
		});
	}

	static String requireString(JsonNode object, String name) {
		JsonNode value = object.path(name);
		if (!value.isString()) {
			throw Refusal.malformed(name,
					"'" + name + "' " + (value.isMissingNode() ? "is missing" : "must be a string"));
		}
		return value.stringValue();
	}

	static String write(Object value) {
		return MAPPER.writeValueAsString(value);
	}

}
