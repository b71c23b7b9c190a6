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
package com.hopper.hts.events.session;

import java.time.Instant;
import java.util.Map;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.SessionEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What the API wants to know about a new session. Immutable; every {@code with} method
 * returns a copy.
 *
 * @since 0.1.0
 */
public final class SessionRequest {

	/**
	 * Takes attributes as an event does: copied, and in the order of their names.
	 */
	private static final CustomEvent ATTRIBUTES = CustomEvent.occurredAt("session", Instant.EPOCH);

	private final FlowType flowType;

	private final String pointOfSale;

	private final String language;

	private final @Nullable Product product;

	private final @Nullable String sessionId;

	private final @Nullable UserInfo userInfo;

	private final @Nullable Device device;

	private final Map<String, Object> attributes;

	private SessionRequest(FlowType flowType, String pointOfSale, String language, @Nullable Product product,
			@Nullable String sessionId, @Nullable UserInfo userInfo, @Nullable Device device,
			Map<String, Object> attributes) {
		this.flowType = flowType;
		this.pointOfSale = pointOfSale;
		this.language = language;
		this.product = product;
		this.sessionId = sessionId;
		this.userInfo = userInfo;
		this.device = device;
		this.attributes = attributes;
	}

	/**
	 * Ask for a session in which a customer may buy.
	 * @param pointOfSale the point of sale, an ISO 3166-1 alpha-2 country code such as
	 * {@code US}
	 * @param language the customer's language, an ISO 639-1 code such as {@code en}
	 * @return the request
	 * @throws IllegalArgumentException if one of the codes cannot be one
	 */
	public static SessionRequest purchase(String pointOfSale, String language) {
		return create(FlowType.PURCHASE, pointOfSale, language, null);
	}

	/**
	 * Ask for a session in which a customer makes use of a product.
	 * @param pointOfSale the point of sale, an ISO 3166-1 alpha-2 country code such as
	 * {@code US}
	 * @param language the customer's language, an ISO 639-1 code such as {@code en}
	 * @param product the product
	 * @return the request
	 * @throws IllegalArgumentException if one of the codes cannot be one
	 */
	public static SessionRequest exercise(String pointOfSale, String language, Product product) {
		Assert.notNull(product, "'product' must not be null");
		return create(FlowType.EXERCISE, pointOfSale, language, product);
	}

	private static SessionRequest create(FlowType flowType, String pointOfSale, String language,
			@Nullable Product product) {
		Assert.isTrue(pointOfSale != null && pointOfSale.matches("[A-Z]{2}"),
				"'pointOfSale' must be an ISO 3166-1 alpha-2 country code in capital letters, such as US");
		Assert.isTrue(language != null && language.matches("[a-z]{2}"),
				"'language' must be an ISO 639-1 language code in small letters, such as en");
		return new SessionRequest(flowType, pointOfSale, language, product, null, null, null, Map.of());
	}

	/**
	 * Set the product that the session is about.
	 * @param product the product
	 * @return a copy with that product
	 */
	public SessionRequest withProduct(Product product) {
		Assert.notNull(product, "'product' must not be null");
		return new SessionRequest(this.flowType, this.pointOfSale, this.language, product, this.sessionId,
				this.userInfo, this.device, this.attributes);
	}

	/**
	 * Choose the id of the session instead of leaving that to the API.
	 * @param sessionId the id: visible ASCII characters
	 * @return a copy with that id
	 * @throws IllegalArgumentException if the text cannot be sent as a session id; the
	 * message does not show it
	 */
	public SessionRequest withSessionId(String sessionId) {
		String problem = SessionEvent.findSessionIdProblem(sessionId);
		Assert.isTrue(problem == null, () -> "'sessionId' must not be a session id " + problem);
		return new SessionRequest(this.flowType, this.pointOfSale, this.language, this.product, sessionId,
				this.userInfo, this.device, this.attributes);
	}

	/**
	 * Set the user, who is not anonymous.
	 * @param userInfo the user
	 * @return a copy with that user
	 */
	public SessionRequest withUserInfo(UserInfo userInfo) {
		Assert.notNull(userInfo, "'userInfo' must not be null");
		return new SessionRequest(this.flowType, this.pointOfSale, this.language, this.product, this.sessionId,
				userInfo, this.device, this.attributes);
	}

	/**
	 * Set the customer's device.
	 * @param device the device
	 * @return a copy with that device
	 */
	public SessionRequest withDevice(Device device) {
		Assert.notNull(device, "'device' must not be null");
		return new SessionRequest(this.flowType, this.pointOfSale, this.language, this.product, this.sessionId,
				this.userInfo, device, this.attributes);
	}

	/**
	 * Set all fields that this version does not know by name, replacing those set before.
	 * @param attributes the fields under the API's names; values are those of
	 * {@link CustomEvent}
	 * @return a copy with those attributes
	 */
	public SessionRequest withAttributes(@Nullable Map<String, ? extends @Nullable Object> attributes) {
		return new SessionRequest(this.flowType, this.pointOfSale, this.language, this.product, this.sessionId,
				this.userInfo, this.device, ATTRIBUTES.withAttributes(attributes).attributes());
	}

	/**
	 * Add a field that this version does not know by name, because the API has added it
	 * later. What the API would refuse is reported when the session is created.
	 * @param name the API's name of the field
	 * @param value a value as in {@link CustomEvent}, or {@code null} to remove the
	 * attribute
	 * @return a copy with that attribute
	 */
	public SessionRequest withAttribute(String name, @Nullable Object value) {
		return withAttributes(ATTRIBUTES.withAttributes(this.attributes).withAttribute(name, value).attributes());
	}

	/**
	 * Return what the customer does.
	 * @return the flow type
	 */
	public FlowType flowType() {
		return this.flowType;
	}

	/**
	 * Return the point of sale.
	 * @return the country code
	 */
	public String pointOfSale() {
		return this.pointOfSale;
	}

	/**
	 * Return the customer's language.
	 * @return the language code
	 */
	public String language() {
		return this.language;
	}

	/**
	 * Return the product that the session is about.
	 * @return the product, or {@code null} if not set
	 */
	public @Nullable Product product() {
		return this.product;
	}

	/**
	 * Return the id that was chosen for the session.
	 * @return the id, or {@code null} to leave it to the API
	 */
	public @Nullable String sessionId() {
		return this.sessionId;
	}

	/**
	 * Return the user.
	 * @return the user, or {@code null} if anonymous or not known
	 */
	public @Nullable UserInfo userInfo() {
		return this.userInfo;
	}

	/**
	 * Return the customer's device.
	 * @return the device, or {@code null} if not known
	 */
	public @Nullable Device device() {
		return this.device;
	}

	/**
	 * Return the fields that this version does not know by name.
	 * @return the attributes by name, unmodifiable, empty if none are set
	 */
	public Map<String, Object> attributes() {
		return this.attributes;
	}

	/**
	 * Return a description for logs, without the id, the user and the device.
	 */
	@Override
	public String toString() {
		return "SessionRequest[flowType=" + this.flowType + ", pointOfSale=" + this.pointOfSale + ", language="
				+ this.language + ", product=" + this.product + "]";
	}

	/**
	 * What a customer does in a session, the API's {@code flow_type}.
	 */
	public enum FlowType {

		/**
		 * The customer buys: {@code purchase}.
		 */
		PURCHASE,

		/**
		 * The customer makes use of a product: {@code exercise}.
		 */
		EXERCISE

	}

	/**
	 * The product that a session is about, the API's {@code product}.
	 */
	public enum Product {

		/**
		 * Cancel For Any Reason: {@code cfar}.
		 */
		CFAR,

		/**
		 * Disruption Guarantee: {@code dg}.
		 */
		DG,

		/**
		 * All products: {@code all}.
		 */
		ALL

	}

}
