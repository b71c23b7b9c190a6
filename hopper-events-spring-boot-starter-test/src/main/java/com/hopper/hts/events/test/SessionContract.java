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
import java.util.UUID;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;

/**
 * Checks requests for a session as the API does.
 */
final class SessionContract {

	private static final Set<String> FIELDS = Set.of("flow_type", "point_of_sale", "language", "session_id",
			"user_info", "device", "product");

	private static final Set<String> PRODUCTS = Set.of("cfar", "dg", "all");

	private static final Set<String> USER_FIELDS = Set.of("airline_user_id", "created_date_time", "previous_bookings");

	private static final Set<String> DEVICE_FIELDS = Set.of("id", "type", "platform", "ui_theme", "release_build");

	private static final Set<String> OPERATING_SYSTEMS = Set.of("android", "chrome_os", "i_os", "linux", "mac_os",
			"other_os", "windows");

	private static final Set<String> BROWSERS = Set.of("chrome", "edge", "firefox", "internet_explorer", "opera",
			"other_browser", "safari");

	private static final Set<String> DEVICES = Set.of("desktop", "mobile", "tablet");

	private static final Pattern HEADER_VALUE = Pattern.compile("[!-~]([ -~]*[!-~])?");

	private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");

	private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2}");

	private SessionContract() {
	}

	/**
	 * Check a request.
	 * @return the id of the session
	 */
	static String check(String body) {
		JsonNode request = Json.readObject(body);
		Json.refuseUnknown(request, FIELDS);
		String flowType = Json.requireString(request, "flow_type");
		if (!flowType.equals("purchase") && !flowType.equals("exercise")) {
			throw Refusal.malformed("flow_type", "'flow_type' must be purchase or exercise");
		}
		if (!COUNTRY.matcher(Json.requireString(request, "point_of_sale")).matches()) {
			throw Refusal.malformed("point_of_sale", "'point_of_sale' must be an ISO 3166-1 alpha-2 country code");
		}
		if (!LANGUAGE.matcher(Json.requireString(request, "language")).matches()) {
			throw Refusal.malformed("language", "'language' must be an ISO 639-1 language code");
		}
		if (request.has("product") && !PRODUCTS.contains(Json.requireString(request, "product"))) {
			throw Refusal.malformed("product", "'product' must be cfar, dg or all");
		}
		if (flowType.equals("exercise") && !request.has("product")) {
			throw Refusal.senseless("product", "'product' is required for the flow_type exercise");
		}
		if (request.has("user_info")) {
			checkUser(request.path("user_info"));
		}
		if (request.has("device")) {
			checkDevice(request.path("device"));
		}
		if (!request.has("session_id")) {
			return UUID.randomUUID().toString();
		}
		String sessionId = Json.requireString(request, "session_id");
		if (!HEADER_VALUE.matcher(sessionId).matches()) {
			throw Refusal.senseless("session_id", "'session_id' must be visible ASCII, to fit into a header");
		}
		return sessionId;
	}

	private static void checkUser(JsonNode user) {
		if (!user.isObject()) {
			throw Refusal.malformed("user_info", "'user_info' must be an object");
		}
		Json.refuseUnknown(user, USER_FIELDS);
		Json.requireString(user, "airline_user_id");
		if (user.has("created_date_time")) {
			EventContract.checkTime("created_date_time", Json.requireString(user, "created_date_time"));
		}
		JsonNode bookings = user.path("previous_bookings");
		if (!bookings.isMissingNode() && !(bookings.isInt() && bookings.intValue() >= 0)) {
			throw Refusal.malformed("previous_bookings", "'previous_bookings' must be an integer that is not negative");
		}
	}

	private static void checkDevice(JsonNode device) {
		if (!device.isObject()) {
			throw Refusal.malformed("device", "'device' must be an object");
		}
		Json.refuseUnknown(device, DEVICE_FIELDS);
		Json.requireString(device, "id");
		if (!DEVICES.contains(Json.requireString(device, "type"))) {
			throw Refusal.malformed("device", "'type' of 'device' must be desktop, mobile or tablet");
		}
		for (String name : new String[] { "ui_theme", "release_build" }) {
			if (device.has(name)) {
				Json.requireString(device, name);
			}
		}
		if (device.has("platform")) {
			checkPlatform(requireObject(device, "platform"));
		}
	}

	private static void checkPlatform(JsonNode platform) {
		switch (Json.requireString(platform, "type")) {
			case "app" -> Json.refuseUnknown(platform, Set.of("type", "operating_system"));
			case "web" -> Json.refuseUnknown(platform, Set.of("type", "operating_system", "browser"));
			default -> throw Refusal.malformed("platform", "'type' of 'platform' must be app or web");
		}
		checkSoftware(platform, "operating_system", OPERATING_SYSTEMS, "other_os");
		checkSoftware(platform, "browser", BROWSERS, "other_browser");
	}

	private static void checkSoftware(JsonNode platform, String field, Set<String> types, String other) {
		if (!platform.has(field)) {
			return;
		}
		JsonNode software = requireObject(platform, field);
		String type = Json.requireString(software, "type");
		if (!types.contains(type)) {
			throw Refusal.malformed(field,
					"'type' of '" + field + "' must be one of " + String.join(", ", types.stream().sorted().toList()));
		}
		boolean named = type.equals(other);
		Json.refuseUnknown(software, named ? Set.of("type", "name", "version") : Set.of("type", "version"));
		if (named) {
			Json.requireString(software, "name");
		}
		if (software.has("version")) {
			Json.requireString(software, "version");
		}
	}

	private static JsonNode requireObject(JsonNode parent, String name) {
		JsonNode value = parent.path(name);
		if (!value.isObject()) {
			throw Refusal.malformed(name, "'" + name + "' must be an object");
		}
		return value;
	}

}
